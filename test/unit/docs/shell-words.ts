/** One command of a script: its words without quotes, redirections left out. */
export type ShellCommand = readonly string[]

const TOKEN =
  /(?<blank>\\\n|[ \t]+|#[^\n]*)|(?<end>\n|;|&&|\|\||\||&)|(?<redirection>\d?(?:>>?|<)(?:&\d)?[ \t]*)|(?<word>(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\;&|<>])+)/y

/** The commands of a script as documentation shows them: no here-documents, no control flow, no substitution. */
export function shellCommands(script: string): ShellCommand[] {
  const commands: string[][] = [[]]
  let redirected = false
  for (const { end, redirection, word } of tokensOf(script.replace(/^\$ /gm, ''))) {
    if (end !== undefined) commands.push([])
    if (redirection !== undefined) redirected = !redirection.includes('&')
    if (word === undefined) continue
    if (!redirected) commands.at(-1)?.push(unquote(word))
    redirected = false
  }
  return commands.filter((words) => words.length > 0)
}

function* tokensOf(script: string): Generator<Record<string, string | undefined>> {
  const token = new RegExp(TOKEN)
  while (token.lastIndex < script.length) {
    const from = token.lastIndex
    const match = token.exec(script)
    if (match === null) throw new Error(`cannot read the script from: ${script.slice(from, from + 40)}`)
    yield match.groups ?? {}
  }
}

const unquote = (word: string): string =>
  word.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_, single?: string, double?: string, escaped?: string) => {
    return single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? ''
  })

const ASSIGNMENT = /^[A-Za-z_]\w*=/

/** The arguments after `configsync`, or undefined when the command is another program's. */
export function configsyncArguments(command: ShellCommand): readonly string[] | undefined {
  const words = command.slice(command.findIndex((word) => !ASSIGNMENT.test(word)))
  const text = words.join(' ')
  if (/^npm start\b/.test(text)) return ['demo', ...words.slice(words[2] === '--' ? 3 : 2)]
  const prefix = /^(npx configsync|npm exec -- configsync|configsync)( |$)/.exec(text)?.[1]
  return prefix === undefined ? undefined : words.slice(prefix.split(' ').length)
}

/** The script of package.json that `npm run x` or `npm test` names. */
export function npmScript(command: ShellCommand): string | undefined {
  const [npm, verb, name] = command.filter((word) => !ASSIGNMENT.test(word))
  if (npm !== 'npm') return undefined
  if (verb === 'test' || verb === 'start') return verb
  return verb === 'run' ? name : undefined
}
