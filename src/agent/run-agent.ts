import { type DestinationStream, destination } from 'pino'
import { createLogger } from '#observe/logging'
import { type Agent, startAgent } from './agent.ts'
import { type AgentFlags, type AgentSettings, settleSettings } from './settings.ts'

/** A stop takes milliseconds; what takes longer will not end by itself. */
const STOP_MS_MAX = 10_000

/**
 * Runs one agent as this process until SIGTERM or SIGINT. Prints one line on stdout when it is up; logs go to stderr.
 * @param flags as `AGENT_SETTINGS` names them
 * @returns the exit code with which the caller must end the process at once: 0 after a clean stop, 1 when a second
 * signal or ten seconds cut it short
 * @throws ConfigSyncError when the agent cannot start
 */
export async function runAgent(flags: AgentFlags): Promise<number> {
  const settings = settleSettings(flags, process.env)
  const logs = destination({ dest: 2, sync: false })
  const logger = createLogger(settings.logLevel, settings.nodeId, logs as DestinationStream)
  const flush = () => flushQuietly(logs)
  process.once('exit', flush)
  // Before the start, so that a signal during it is not lost.
  const signals = new StopSignals()
  try {
    const agent = await startAgent(settings, logger)
    process.stdout.write(`${readyLine(agent, settings)}\n`)
    const signal = await signals.next()
    logger.info({ event: 'agent.stopping', signal }, `${signal}: stopping`)
    const outcome = await Promise.race([
      agent.stop().then(() => 'clean'),
      signals.next(),
      signals.deadline(STOP_MS_MAX),
    ])
    if (outcome === 'clean') logger.info({ event: 'agent.stopped' }, 'stopped')
    else logger.error({ event: 'agent.cut-short', outcome }, `stop cut short: ${outcome}`)
    return outcome === 'clean' ? 0 : 1
  } finally {
    signals.release()
    flush()
  }
}

/** SIGTERM and SIGINT, one after the other. */
class StopSignals {
  readonly #received: NodeJS.Signals[] = []
  #waiting: ((signal: NodeJS.Signals) => void) | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #receive = (signal: NodeJS.Signals): void => {
    if (!this.#waiting) return void this.#received.push(signal)
    this.#waiting(signal)
    this.#waiting = undefined
  }

  constructor() {
    process.on('SIGTERM', this.#receive)
    process.on('SIGINT', this.#receive)
  }

  next(): Promise<NodeJS.Signals> {
    const received = this.#received.shift()
    if (received) return Promise.resolve(received)
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  deadline(ms: number): Promise<string> {
    return new Promise((resolve) => {
      this.#timer = setTimeout(() => resolve(`not stopped after ${ms} ms`), ms)
    })
  }

  release(): void {
    clearTimeout(this.#timer)
    process.off('SIGTERM', this.#receive)
    process.off('SIGINT', this.#receive)
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

/** The destination may not be open yet, or its reader gone: no reason to fail. */
function flushQuietly(logs: { flushSync(): void }): void {
  try {
    logs.flushSync()
  } catch {
    // Nobody is left to tell.
  }
}
