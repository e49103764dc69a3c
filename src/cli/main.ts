import { runCommandLine } from './command-line.ts'
import { endWithOutput } from './output.ts'

endWithOutput()
process.exitCode = await runCommandLine(process.argv.slice(2))
