import type { Command } from 'commander'
import { jsonOption } from '../agent-command.ts'
import { usageFailure } from '../failure.ts'
import { positiveIntegerOption } from '../options.ts'

const NODES_DEFAULT = 5
/** More would not fit on the screen, nor on the two cores of a small machine. */
const NODES_MAX = 16

interface DemoOptions {
  readonly nodes: number
  readonly once?: boolean
  readonly json?: boolean
  readonly tune?: boolean
}

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('run five agents on this machine and watch them agree')
    .option('--nodes <n>', 'how many agents', positiveIntegerOption, NODES_DEFAULT)
    .option('--tune', 'give each a worker pool, and watch the AutoTuner bring them to a goal')
    .option('--once', 'tell the story, check that every node agrees, and end')
    .addOption(jsonOption())
    .addHelpText('after', '\nOn a terminal it goes on until you quit; without one it is --once.')
    .action(async ({ nodes, once, json, tune }: DemoOptions) => {
      if (nodes > NODES_MAX) throw usageFailure(`--nodes ${nodes}: at most ${NODES_MAX}`)
      const interactive = process.stdout.isTTY && process.stdin.isTTY && !once && !json
      if (tune) {
        const { runTune, runTuneOnce } = await import('../demo/tune/tune-run.ts')
        return interactive ? runTune(nodes) : runTuneOnce(nodes, json === true)
      }
      const { runDemo, runDemoOnce } = await import('../demo/run.ts')
      await (interactive ? runDemo(nodes) : runDemoOnce(nodes, json === true))
    })
}
