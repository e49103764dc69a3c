import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { registerAgent } from './commands/agent.ts'
import { registerCert } from './commands/cert.ts'
import { registerCompletion } from './commands/completion.ts'
import { registerConflicts } from './commands/conflicts.ts'
import { registerDemo } from './commands/demo.ts'
import { registerExplain } from './commands/explain.ts'
import { registerExport } from './commands/export.ts'
import { registerGet } from './commands/get.ts'
import { registerHistory } from './commands/history.ts'
import { registerImport } from './commands/import.ts'
import { registerList } from './commands/list.ts'
import { registerNodes } from './commands/nodes.ts'
import { registerRollback } from './commands/rollback.ts'
import { registerSet } from './commands/set.ts'
import { registerSimulate } from './commands/simulate.ts'
import { registerStatus } from './commands/status.ts'
import { registerTop } from './commands/top.ts'
import { registerTuner } from './commands/tuner.ts'
import { registerUnset } from './commands/unset.ts'
import { registerVv } from './commands/vv.ts'
import { registerWatch } from './commands/watch.ts'

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 the command line is wrong.
Start with: configsync demo`

/** In the order in which help lists them. */
const REGISTRATIONS = [
  registerAgent,
  registerGet,
  registerSet,
  registerUnset,
  registerList,
  registerWatch,
  registerImport,
  registerExport,
  registerHistory,
  registerRollback,
  registerConflicts,
  registerExplain,
  registerStatus,
  registerNodes,
  registerVv,
  registerTop,
  registerTuner,
  registerDemo,
  registerSimulate,
  registerCert,
  registerCompletion,
]

/** Every command of the command line. What goes wrong is thrown, never printed: see main.ts. */
export function createProgram(): Command {
  const program = new Command('configsync')
    .description(
      'Live configuration that a mesh of processes agrees on: any node writes, every node ends with the same value.',
    )
    .version(packageVersion(), '-V, --version')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
  for (const register of REGISTRATIONS) register(program)
  return program
}

/** This file stands as deep in dist/ as in src/. */
function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}
