// Runs the demo and draws what it printed as docs/images/demo.svg: npm run picture
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** As wide as a README column of GitHub. Fonts differ in width, so some of it stays free. */
const WIDTH = 880
const COLUMNS = 104
const FONT_PX = 13
const LINE_PX = 19
const MARGIN_PX = 28
const BAR_PX = 40
/** Before each step. */
const GAP_PX = 6

type Style = 'plain' | 'dim' | 'bold' | 'green' | 'prompt'
type Span = readonly [style: Style, text: string]

/** `14  All 5 nodes agree  10.0 ms`: number, title, time. */
const STEP = /^(?<number> *\d+ {2})(?<title>.+?)(?<gap> {2})(?<time>[\d.]+ m?s)$/
const VERDICT = /^(?<verdict>Every node agrees\.)(?<rest>.*)$/

/** The styles that the demo uses on a terminal. */
function spansOf(line: string): Span[] {
  const step = STEP.exec(line)?.groups
  if (step) return [span('dim', step['number']), span('bold', step['title']), span('green', step['gap'], step['time'])]
  const end = VERDICT.exec(line)?.groups
  if (end) return [span('green', end['verdict']), span('plain', end['rest'])]
  return [['dim', line]]
}

const span = (style: Style, ...texts: readonly (string | undefined)[]): Span => [style, texts.join('')]

/** Breaks a long line after a comma where there is one, else between words; what goes on keeps the indent. */
function wrapped(line: string): string[] {
  if (line.length <= COLUMNS) return [line]
  const indent = /^ */.exec(line)?.[0] ?? ''
  const comma = line.lastIndexOf(', ', COLUMNS - 1)
  const end = comma > COLUMNS / 2 ? comma + 1 : line.lastIndexOf(' ', COLUMNS)
  if (end <= indent.length) return [line]
  return [line.slice(0, end), ...wrapped(indent + line.slice(end + 1))]
}

const STYLE = `
  .card { fill: #0d1117; stroke: #30363d }
  .bar { fill: #161b22 }
  text { font: ${FONT_PX}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace; fill: #c9d1d9; white-space: pre }
  .dim { fill: #8b949e }
  .bold { fill: #f0f6fc; font-weight: 600 }
  .green { fill: #3fb950 }
  .prompt { fill: #58a6ff }
  .title { fill: #8b949e; text-anchor: middle }`

/** A terminal that shows a command and what it printed. Readable on light and dark pages: it brings its background. */
export function terminalSvg(command: string, output: string): string {
  const printed = output.trimEnd().split('\n').flatMap(wrapped).map(spansOf)
  const lines: Span[][] = [[['prompt', '$ '], span('bold', command)], ...printed]
  const baselines = baselinesOf(lines)
  const height = (baselines.at(-1) ?? 0) + MARGIN_PX
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(command)}">
<style>${STYLE}
</style>
<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="10"/>
<path class="bar" d="M1 ${BAR_PX}V10.5A9.5 9.5 0 0 1 10.5 1H${WIDTH - 10.5}A9.5 9.5 0 0 1 ${WIDTH - 1} 10.5V${BAR_PX}Z"/>
<circle cx="24" cy="20.5" r="6" fill="#ff5f57"/><circle cx="44" cy="20.5" r="6" fill="#febc2e"/><circle cx="64" cy="20.5" r="6" fill="#28c840"/>
<text class="title" x="${WIDTH / 2}" y="25">five agents, one machine</text>
${lines.map((spans, i) => `<text x="${MARGIN_PX}" y="${baselines[i]}" xml:space="preserve">${spans.map(tspan).join('')}</text>`).join('\n')}
</svg>
`
}

function baselinesOf(lines: readonly Span[][]): number[] {
  let y = BAR_PX + MARGIN_PX - LINE_PX
  return lines.map((spans) => {
    const isDetail = spans.length === 1
    y += LINE_PX + (isDetail ? 0 : GAP_PX)
    return y
  })
}

const tspan = ([style, text]: Span): string =>
  style === 'plain' ? escaped(text) : `<tspan class="${style}">${escaped(text)}</tspan>`

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const program = fileURLToPath(new URL('../bin/configsync.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [program, 'demo', '--once'], { timeout: 120_000 })
  writeFileSync(new URL('../docs/images/demo.svg', import.meta.url), terminalSvg('npm start -- --once', stdout))
}
