import { canonicalJson, type JsonValue } from '#core/json'
import { vectorTable } from '../commands/vv.ts'
import { type Colors, duration, printable, shortValue, table } from '../output.ts'
import { cutToWidth, type ScreenSize } from '../screen-line.ts'
import { difference, type NodeSnapshot } from './agreement.ts'
import { KEY_HELP } from './keys.ts'
import type { StoryStep } from './step.ts'

export interface ScreenNode {
  readonly nodeId: string
  readonly http: string
  readonly running: boolean
  /** undefined until it has answered, or while it is dead */
  readonly snapshot: NodeSnapshot | undefined
}

/** Everything that the screen shows. */
export interface DemoView {
  readonly nodes: readonly ScreenNode[]
  /** index of the node that keys act upon */
  readonly chosen: number
  /** what happened, oldest first */
  readonly steps: readonly StoryStep[]
  /** what is happening now */
  readonly doing: string | undefined
  /** names of parameters, the latest written first */
  readonly latest: readonly string[]
  /** `configsync`, as the user must type it here */
  readonly command: string
}

/** On a lower screen there are fewer commands to try. */
const ROWS_FOR_ALL = 30
/** On a narrower one the digests make room for the version vectors. */
const COLUMNS_FOR_ALL = 100

/** The screen as lines: at most `rows` of at most `columns` characters. Values get what the rest leaves over. */
export function renderScreen(view: DemoView, size: ScreenSize, colors: Colors): string[] {
  const head = [...headerLines(view, colors), '', ...nodeLines(view, size, colors), '']
  const commands = tryLines(view, colors)
  const foot = ['', ...(size.rows < ROWS_FOR_ALL ? commands.slice(0, 2) : commands), '', keyLine(view, colors)]
  const free = Math.max(0, size.rows - head.length - foot.length)
  const story = storyLines(view, colors).slice(-Math.max(3, Math.floor(free / 2)))
  const values = valueLines(view, colors).slice(0, Math.max(0, free - story.length - 1))
  return [...head, ...values, '', ...story, ...foot]
    .slice(0, size.rows)
    .map((line) => cutToWidth(` ${line}`, size.columns))
}

function headerLines({ nodes }: DemoView, colors: Colors): string[] {
  const live = nodes.filter(({ running }) => running)
  const snapshots = live.map(({ snapshot }) => snapshot).filter((snapshot) => snapshot !== undefined)
  const agreed = snapshots.length === live.length && snapshots.every((snapshot) => !difference(snapshots[0]!, snapshot))
  const verdict = agreed ? colors.green('● every live node agrees') : colors.yellow('○ spreading …')
  return [
    `${colors.bold('ConfigSync')}  ${verdict}   ${live.length} of ${nodes.length} agents live, joined by mutual TLS 1.3`,
  ]
}

/** A row for each node: who it is, how it is, and what it has seen of whom (its version vector). */
function nodeLines({ nodes, chosen }: DemoView, { columns }: ScreenSize, colors: Colors): string[] {
  const wide = columns >= COLUMNS_FOR_ALL
  const asked = nodes.map(({ nodeId, snapshot }) => ({
    nodeId,
    self: false,
    inStep: null,
    versionVector: snapshot?.status.versionVector ?? null,
  }))
  const vectors = vectorTable(asked, colors)
  const rows = nodes.map((node, i) => [
    `${i === chosen ? colors.cyan('▸') : ' '} ${i === chosen ? colors.bold(node.nodeId) : node.nodeId}`,
    roleText(node, colors),
    node.running ? node.http : colors.dim(node.http),
    ...(wide ? [node.snapshot?.status.digest.slice(0, 8) ?? colors.dim('-')] : []),
    ...vectors.rows[i]!.slice(1, -1),
  ])
  const origins = vectors.head.slice(1, -1).map((origin, i) => (i === 0 ? `seen: ${origin}` : origin))
  return table(colors, ['  node', 'role', 'http', ...(wide ? ['digest'] : []), ...origins], rows).split('\n')
}

function roleText({ running, snapshot }: ScreenNode, colors: Colors): string {
  if (!running) return colors.red('dead')
  if (!snapshot) return colors.dim('starting')
  return snapshot.status.isCoordinator ? colors.yellow('coordinator') : 'live'
}

/** A row for each parameter: its value where all agree, else who has what. */
function valueLines({ nodes, latest }: DemoView, colors: Colors): string[] {
  const configs = nodes.flatMap(({ nodeId, snapshot }) => (snapshot ? [{ nodeId, values: flatten(snapshot) }] : []))
  const names = [...new Set([...latest, ...configs.flatMap(({ values }) => [...values.keys()].sort())])]
  const rows = names.map((name) => [
    latest[0] === name ? colors.cyan(name) : name,
    valueText(
      configs.map(({ nodeId, values }) => ({ nodeId, value: values.get(name) })),
      colors,
    ),
  ])
  return rows.length === 0 ? [] : table(colors, ['parameter', `value on ${configs.length} nodes`], rows).split('\n')
}

function flatten({ config }: NodeSnapshot): Map<string, JsonValue> {
  const entries = Object.entries(config).flatMap(([section, parameters]) =>
    Object.entries(parameters).map(([parameter, value]) => [printable(`${section}.${parameter}`), value] as const),
  )
  return new Map(entries)
}

function valueText(values: readonly { nodeId: string; value: JsonValue | undefined }[], colors: Colors): string {
  const holders = new Map<string, { value: JsonValue | undefined; nodeIds: string[] }>()
  for (const { nodeId, value } of values) {
    const key = value === undefined ? '' : canonicalJson(value)
    holders.set(key, { value, nodeIds: [...(holders.get(key)?.nodeIds ?? []), nodeId] })
  }
  if (holders.size === 1) return shortValue(values[0]!.value)
  const parts = [...holders.values()].map(({ value, nodeIds }) => `${shortValue(value, 24)} on ${nodeIds.join(', ')}`)
  return colors.yellow(parts.join('; '))
}

function storyLines({ steps, doing }: DemoView, colors: Colors): string[] {
  const lines = steps.flatMap((step) => [
    `${colors.green('✔')} ${step.title}  ${colors.green(duration(step.tookMs))}`,
    ...step.lines.map((line) => `  ${colors.dim(line)}`),
    ...(step.reachedMs ? [`  ${colors.dim(reachedText(step.reachedMs))}`] : []),
  ])
  return doing === undefined ? lines : [...lines, `${colors.yellow('…')} ${doing}`]
}

/** When each node told of it, in the order of the nodes. */
export const reachedText = (reachedMs: Readonly<Record<string, number>>): string =>
  Object.entries(reachedMs)
    .map(([nodeId, ms]) => `${nodeId} ${duration(ms)}`)
    .join(' · ')

/** Each on a line of its own, within 80 columns: what is cut off cannot be copied. */
function tryLines({ nodes, chosen, command }: DemoView, colors: Colors): string[] {
  const live = [...nodes.slice(chosen), ...nodes.slice(0, chosen)].filter(({ running }) => running)
  const at = live[0]?.http ?? ''
  const other = live[1]?.http ?? at
  return [
    colors.bold('In another terminal:'),
    `  ${command} set mesh.batch_size_limit 25 --http ${at}`,
    `  ${command} watch --http ${other}`,
    `  curl -s http://${other}/v1/config/mesh`,
  ]
}

const keyLine = ({ nodes }: DemoView, colors: Colors): string =>
  KEY_HELP.map(
    ([key, meaning]) => `${colors.inverse(` ${key.replace('9', String(Math.min(9, nodes.length)))} `)} ${meaning}`,
  ).join('  ')
