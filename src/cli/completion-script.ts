import type { Command } from 'commander'

/** What the arguments of a command name: completed by asking the agent; anything else is completed as a file. */
const ARGUMENT_KINDS: Readonly<Record<string, 'parameters' | 'sections'>> = {
  get: 'parameters',
  set: 'parameters',
  unset: 'parameters',
  watch: 'parameters',
  history: 'parameters',
  rollback: 'parameters',
  list: 'sections',
  export: 'sections',
}

/** The same of subcommands. */
const SUBCOMMAND_ARGUMENT_KINDS: Readonly<Record<string, Readonly<Record<string, 'parameters'>>>> = {
  tuner: { explain: 'parameters', release: 'parameters' },
}

const subcommandsOf = (command: Command): string[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((sub) => sub.name())

const optionsOf = (command: Command): string[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap((option) => option.long ?? option.short ?? [])

/**
 * A name of a parameter is somebody else's text: it is only ever compared and quoted, never expanded (as `compgen -W`
 * would do).
 */
export function bashScript(program: Command): string {
  return `# bash completion of configsync
_configsync_names() {
  local -a target=()
  local i
  for ((i = 1; i < COMP_CWORD - 1; i++)); do
    case "\${COMP_WORDS[i]}" in --http | --token-file) target+=("\${COMP_WORDS[i]}" "\${COMP_WORDS[i + 1]}") ;; esac
  done
  "\${COMP_WORDS[0]}" list --names "\${target[@]}" 2>/dev/null
}

_configsync() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" candidate last="" words="" kind=""
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    words="${[...subcommandsOf(program), ...optionsOf(program)].join(' ')}"
  else
    case "$command" in
${program.commands.map((command) => bashCase(command)).join('\n')}
    esac
  fi
  if [[ "$current" != -* && -n "$kind" ]]; then
    while IFS= read -r candidate; do
      if [[ "$kind" == sections ]]; then candidate="\${candidate%%.*}"; fi
      if [[ "$candidate" == "$current"* && "$candidate" != "$last" ]]; then
        COMPREPLY+=("$(printf '%q' "$candidate")")
        last="$candidate"
      fi
    done < <(_configsync_names)
    return
  fi
  for candidate in $words; do
    if [[ "$candidate" == "$current"* ]]; then COMPREPLY+=("$candidate"); fi
  done
}
complete -o default -F _configsync configsync`
}

function bashCase(command: Command): string {
  const words = [
    ...subcommandsOf(command),
    ...command.commands.flatMap(optionsOf),
    ...argumentChoices(command),
    ...optionsOf(command),
  ]
  const kind = ARGUMENT_KINDS[command.name()]
  const ofSubcommands = Object.entries(SUBCOMMAND_ARGUMENT_KINDS[command.name()] ?? {})
    .map(([name, of]) => ` if [[ "$COMP_CWORD" -gt 2 && "\${COMP_WORDS[2]}" == ${name} ]]; then kind=${of}; fi`)
    .join(';')
  const set = `words="${[...new Set(words)].join(' ')}"${kind ? ` kind=${kind}` : ''}`
  return `      ${command.name()}) ${set}${ofSubcommands === '' ? '' : `;${ofSubcommands}`} ;;`
}

const argumentChoices = (command: Command): readonly string[] =>
  command.registeredArguments.flatMap((argument) => argument.argChoices ?? [])

export function zshScript(program: Command): string {
  return `#compdef configsync
# zsh completion of configsync
_configsync_names() {
  local -a target names
  local i
  for ((i = 2; i < CURRENT - 1; i++)); do
    case "$words[i]" in --http | --token-file) target+=("$words[i]" "$words[i + 1]") ;; esac
  done
  names=(\${(f)"$("$words[1]" list --names "\${target[@]}" 2>/dev/null)"})
  if [[ "$1" == sections ]]; then names=("\${(@u)names%%.*}"); fi
  compadd -a names
}

_configsync() {
  local -a entries
  if ((CURRENT == 2)); then
    entries=(
${program
  .createHelp()
  .visibleCommands(program)
  .map((command) => `      ${zshEntry(command.name(), command.description())}`)
  .join('\n')}
    )
    _describe command entries
    return
  fi
  case "$words[2]" in
${program.commands.map(zshCase).join('\n')}
    *) _files ;;
  esac
}
if [[ "$funcstack[1]" == _configsync ]]; then _configsync "$@"; else compdef _configsync configsync; fi`
}

function zshCase(command: Command): string {
  const kind = ARGUMENT_KINDS[command.name()]
  const words = [...subcommandsOf(command), ...argumentChoices(command)]
  const options = [...new Set([...optionsOf(command), ...command.commands.flatMap(optionsOf)])]
  const argument = kind ? `_configsync_names ${kind}` : words.length > 0 ? `compadd -- ${words.join(' ')}` : '_files'
  const ofSubcommands = Object.entries(SUBCOMMAND_ARGUMENT_KINDS[command.name()] ?? {})
    .map(([name, of]) => ` elif [[ $CURRENT -gt 3 && "$words[3]" == ${name} ]]; then _configsync_names ${of};`)
    .join('')
  return `    ${command.name()}) if [[ "$words[CURRENT]" == -* ]]; then compadd -- ${options.join(' ')};${ofSubcommands} else ${argument}; fi ;;`
}

/** `_describe` splits an entry at its first colon. */
const zshEntry = (name: string, description: string): string => `'${name}:${description.replaceAll("'", "'\\''")}'`
