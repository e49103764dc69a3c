import { conflictLines } from '../commands/conflicts.ts'
import { inStepText } from '../commands/nodes.ts'
import { turnedAwayText } from '../commands/status.ts'
import { changeLine } from '../commands/watch.ts'
import { type Colors, duration, printable, table } from '../output.ts'
import { cutToWidth, type ScreenSize } from '../screen-line.ts'
import type { Look } from './look.ts'

/** Everything that a look shows. */
export interface TopView {
  readonly look: Look
  /** why the agent does not answer now, and since when; undefined while it does */
  readonly lost: { readonly reason: string; readonly sinceMs: number } | undefined
}

/** At most so many lines of each list where nothing limits them. */
const PLAIN_LINES_MAX = 10

/** The look as lines of a terminal: at most `rows` of at most `columns` characters. */
export function renderTop(view: TopView, size: ScreenSize, colors: Colors): string[] {
  const head = headLines(view, colors)
  const foot = ['', `${colors.inverse(' q ')} quit`]
  const free = Math.max(0, size.rows - head.length - foot.length)
  const members = memberLines(view.look, colors).slice(0, Math.max(2, free - 6))
  const left = free - members.length - 1
  const conflicts = conflictsOf(view.look, colors).slice(0, Math.floor(left / 2))
  const changes = changesOf(view.look, colors).slice(0, Math.max(0, left - conflicts.length))
  return [...head, ...members, '', ...changes, ...conflicts, ...foot]
    .slice(0, size.rows)
    .map((line) => cutToWidth(` ${line}`, size.columns))
}

/** The same for a file or a pipe. */
export function plainTop(view: TopView, colors: Colors): string[] {
  const { look } = view
  const lists = [changesOf(look, colors), conflictsOf(look, colors)].map((lines) => lines.slice(0, PLAIN_LINES_MAX + 1))
  return [...headLines(view, colors), ...memberLines(look, colors), '', ...lists.flat()]
}

function headLines({ look, lost }: TopView, colors: Colors): string[] {
  const { status, changesPerSecond } = look
  const rate = changesPerSecond === null ? '' : `, ${changesPerSecond.toFixed(1)} changes/s`
  const rejected = Object.values(status.rejected).reduce((sum, n) => sum + n, 0)
  const coordinator = status.coordinator ?? colors.yellow('none yet')
  const divergences = status.divergences === 0 ? '0 divergences' : colors.red(`${status.divergences} divergences`)
  const failing = status.store?.failure ? colors.red(`  store failing: ${printable(status.store.failure)}`) : ''
  return [
    `${verdict(look, colors)}   ${colors.bold(status.nodeId)} of ${printable(status.cluster)}, up ${duration(status.uptimeMs)}`,
    ...(lost ? [colors.red(`no answer for ${duration(look.at - lost.sinceMs)}: ${printable(lost.reason)}`)] : []),
    ...(status.turnedAway ? [colors.red(`turned away ${turnedAwayText(status.turnedAway)}`)] : []),
    `coordinator ${coordinator}, epoch ${status.epoch}; tuner ${status.tunerMode}; load ${Math.round(status.load * 100)} %${failing}`,
    `${divergences}, ${rejected} rejected, ${status.conflicts} conflicts, ${status.repairs} repairs; ${status.appliedUpdates} updates${rate}, ${status.parameters} parameters`,
    '',
  ]
}

/** What somebody who is woken wants to know first. */
function verdict({ status, lacks }: Look, colors: Colors): string {
  const behind = status.members.filter(({ self, inStep }) => !self && inStep !== true)
  if (status.turnedAway) return colors.red('○ not ready: turned away')
  if (!status.ready) return colors.yellow('○ not ready: it lacks what some member has')
  if (behind.length === 0) return colors.green(`● all ${status.members.length} in step`)
  const worst = behind.map(({ nodeId }) => nodeId)
  const lacking = lacks.some((n) => (n ?? 0) > 0)
  return colors.yellow(`○ ${worst.join(', ')} ${lacking ? 'behind or unlike' : 'not known to be in step'}`)
}

function memberLines({ status, lacks }: Look, colors: Colors): string[] {
  const rows = status.members.map((member, i) => [
    `${member.nodeId}${member.coordinator ? colors.yellow(' coordinator') : ''}${member.self ? colors.dim(' (asked)') : ''}`,
    member.state === 'live' ? colors.green('live') : colors.yellow(member.state),
    inStepText(member, colors),
    lackText(lacks[i]!, colors),
    member.behindForMs ? colors.yellow(duration(member.behindForMs)) : '',
    member.self ? '' : duration(member.silentForMs),
    clockText(member.clockOffsetMs),
    `${Math.round(member.load * 100)} %`,
    member.tunerMode,
  ])
  const head = ['node', 'state', 'in step', 'lacks', 'behind for', 'silent for', 'clock', 'load', 'tuner']
  return table(colors, head, rows).split('\n')
}

function lackText(lacks: number | null, colors: Colors): string {
  if (lacks === null) return colors.dim('?')
  return lacks === 0 ? '0' : colors.yellow(String(lacks))
}

/** How far it is ahead of the clock of the agent that was asked. */
function clockText(offsetMs: number | null): string {
  if (offsetMs === null) return '?'
  return `${offsetMs < 0 ? '-' : '+'}${duration(Math.abs(offsetMs))}`
}

function changesOf({ changes }: Look, colors: Colors): string[] {
  if (changes.length === 0) return [colors.dim('no change while this watches')]
  return [colors.bold('last changes'), ...changes.map((change) => changeLine(change, change.at, colors))]
}

function conflictsOf({ conflicts }: Look, colors: Colors): string[] {
  if (conflicts.length === 0) return []
  return [
    colors.bold('last conflicts'),
    ...conflicts.flatMap((conflict) => {
      const lines = conflictLines(conflict, colors)
      return [lines[0]!, lines.at(-1)!]
    }),
  ]
}
