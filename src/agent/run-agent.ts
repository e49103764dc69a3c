import { type DestinationStream, destination } from 'pino'
import { LogFeed } from '#observe/log-feed'
import { createLogger } from '#observe/logging'
import { type Agent, startAgent } from './agent.ts'
import { type AgentFlags, type AgentSettings, settleSettings } from './settings.ts'
import { StopSignals, stopOnSignal } from './stop-signals.ts'

const LOG_BUFFER_BYTES_MAX = 8 * 1024 * 1024
const LOG_FLUSH_MS_MAX = 1_000

/** A program in the process of an agent, which may use its node and its tuner. Returns what ends it. */
export type Companion = (agent: Agent) => () => Promise<void>

/**
 * Runs one agent as this process until SIGTERM or SIGINT. Prints one line on stdout when it is up; logs go to stderr.
 * @param flags as `AGENT_SETTINGS` names them
 * @param companion begins once the agent is up, and ends before it
 * @returns the exit code with which the caller must end the process at once: 0 after a clean stop, 1 when a second
 * signal or ten seconds cut it short
 * @throws ConfigSyncError when the agent cannot start
 */
export async function runAgent(flags: AgentFlags, companion?: Companion): Promise<number> {
  const settings = settleSettings(flags, process.env)
  // Asynchronous and bounded: whoever reads the logs slowly delays nothing here, and loses lines.
  const logs = destination({ dest: 2, sync: false, maxLength: LOG_BUFFER_BYTES_MAX })
  const feed = new LogFeed(logs as DestinationStream)
  const logger = createLogger(settings.logLevel, settings.nodeId, feed)
  // Before the start, so that a signal during it is not lost.
  const signals = new StopSignals()
  try {
    const agent = await startAgent(settings, logger, feed)
    const endCompanion = companion?.(agent)
    process.stdout.write(`${readyLine(agent, settings)}\n`)
    const stop = async () => {
      await endCompanion?.()
      await agent.stop()
    }
    return await stopOnSignal(signals, stop, logger)
  } finally {
    signals.release()
    await written(logs)
  }
}

function readyLine(agent: Agent, { json }: AgentSettings): string {
  const { nodeId, runId, cluster, meshAddress, httpUrl } = agent
  if (json)
    return JSON.stringify({
      event: 'ready',
      nodeId,
      runId,
      cluster,
      mesh: meshAddress,
      http: httpUrl,
      pid: process.pid,
    })
  return `configsync agent ${nodeId} of cluster ${cluster}: mesh on ${meshAddress}, HTTP on ${httpUrl}`
}

/** All that was logged, or as much as its reader takes within the deadline. */
function written(logs: { end(): void; once(event: 'close', listener: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LOG_FLUSH_MS_MAX)
    logs.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    logs.end()
  })
}
