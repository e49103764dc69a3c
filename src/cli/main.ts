import { runCommandLine } from './command-line.ts'
import { quietOnClosedPipe } from './output.ts'

quietOnClosedPipe()
process.exitCode = await runCommandLine(process.argv.slice(2))
