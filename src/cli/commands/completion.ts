import { Argument, type Command } from 'commander'
import { bashScript, zshScript } from '../completion-script.ts'
import { createOutput } from '../output.ts'

const HELP = `
bash:  eval "$(configsync completion bash)"     in ~/.bashrc
zsh:   eval "$(configsync completion zsh)"      in ~/.zshrc, after compinit

Commands, options and, by asking the agent, the names of parameters are completed.`

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a completion script')
    .addArgument(new Argument('<shell>', 'the shell to complete in').choices(['bash', 'zsh']))
    .addHelpText('after', HELP)
    .action((shell: string) => createOutput(false).line(shell === 'bash' ? bashScript(program) : zshScript(program)))
}
