import { type CommandKind, SILENT } from './command.ts'
import { groupsBy } from './questions.ts'
import type { Stage } from './stage.ts'

/** Beyond every bound of a healthy mesh. Heartbeat intervals. */
const SETTLE_H = 20

const run: CommandKind = {
  usage: 'run DURATION',
  does: 'lets time pass',
  read(words) {
    const ms = words.duration()
    words.end()
    return async (stage) => {
      await stage.run(ms)
      return SILENT
    }
  },
}

const settle: CommandKind = {
  usage: 'settle [within DURATION]',
  does: 'lets time pass until all running nodes are connected and have seen and hold the same; prints how long that took in whole H (heartbeat intervals, of 1s unless changed)',
  read(words) {
    const givenMs = words.skip('within') ? words.duration() : undefined
    words.end()
    return async (stage) => {
      const h = heartbeatIntervalMs(stage)
      const limitMs = givenMs ?? SETTLE_H * h
      const tookMs = await stage.until(() => stage.settled, limitMs)
      if (tookMs !== undefined) return [`equal within ${Math.max(1, Math.ceil(tookMs / h))} H`]
      return [`not equal after ${limitMs / h} H: ${camps(stage)}`]
    }
  },
}

const heartbeatIntervalMs = (stage: Stage): number =>
  Math.max(...stage.running.map(({ node }) => node!.status().heartbeatIntervalMs))

/** Which nodes have seen the same. */
const camps = (stage: Stage): string =>
  [...groupsBy(stage, ({ node }) => node!.status().digest).values()].map((names) => names.join(' ')).join(' | ')

export const TIME_COMMANDS = { run, settle }
