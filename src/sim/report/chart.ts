import type { SimulationReport, SpreadPoint } from './report.ts'

/** As wide as a README column of GitHub. */
const WIDTH = 880
const HEIGHT = 420
const LEFT = 64
const RIGHT = 28
const TOP = 84
const BOTTOM = 56

const STYLE = `
  .card { fill: #ffffff; stroke: #d0d7de }
  text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #57606a }
  .title { font-size: 16px; font-weight: 600; fill: #1f2328 }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .bound { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 5 4 }
  .curve { fill: none; stroke-width: 2.5; stroke-linejoin: round }
  .nodes { stroke: #0969da } .writes { stroke: #1a7f37 }
  .nodes-text { fill: #0969da } .writes-text { fill: #1a7f37 } .bound-text { fill: #cf222e }
  .x { text-anchor: middle } .y { text-anchor: end }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #30363d } text { fill: #8b949e } .title { fill: #f0f6fc }
    .grid { stroke: #21262d } .bound { stroke: #f85149 } .bound-text { fill: #f85149 }
    .nodes { stroke: #58a6ff } .nodes-text { fill: #58a6ff } .writes { stroke: #3fb950 } .writes-text { fill: #3fb950 }
  }`

/** A drawing of how writes spread: the share that had them over the time since the write. Stands alone, light and dark. */
export function chartSvg(report: SimulationReport): string {
  const title = `${report.nodes} simulated nodes, ${report.writes.made} writes, seed ${report.seed}`
  const { spread, boundMs } = report.convergence
  const axis = new TimeAxis([...spread.map(({ ms }) => ms), boundMs])
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}
</style>
<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="10"/>
<text class="title" x="${LEFT}" y="34">${escaped(title)}</text>
<text class="nodes-text" x="${LEFT}" y="60">― a node has it</text>
<text class="writes-text" x="${LEFT + 130}" y="60">― every node has it</text>
${shareLines().join('\n')}
${axis.ticks().join('\n')}
<line class="bound" x1="${axis.x(boundMs)}" y1="${TOP}" x2="${axis.x(boundMs)}" y2="${HEIGHT - BOTTOM}"/>
<text class="bound-text x" x="${axis.x(boundMs)}" y="${TOP - 8}">bound</text>
<path class="curve nodes" d="${curve(spread, axis, ({ nodes }) => nodes)}"/>
<path class="curve writes" d="${curve(spread, axis, ({ writes }) => writes)}"/>
<text class="x" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}">time since the write</text>
</svg>
`
}

const y = (share: number): number => round(TOP + (1 - share) * (HEIGHT - TOP - BOTTOM))
const round = (pixels: number): number => Math.round(pixels * 10) / 10

function shareLines(): string[] {
  return [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line class="grid" x1="${LEFT}" y1="${y(share)}" x2="${WIDTH - RIGHT}" y2="${y(share)}"/><text class="y" x="${LEFT - 10}" y="${y(share) + 4}">${share * 100} %</text>`,
  )
}

/** Points joined by straight lines: between two steps nothing was counted. */
const curve = (spread: readonly SpreadPoint[], axis: TimeAxis, shareOf: (point: SpreadPoint) => number): string =>
  spread.map((point, i) => `${i === 0 ? 'M' : 'L'}${axis.x(point.ms)} ${y(shareOf(point))}`).join('')

/** Logarithmic, so that one hop and many seconds are both seen. */
class TimeAxis {
  private readonly least: number
  private readonly most: number

  constructor(times: readonly number[]) {
    this.least = Math.min(...times)
    this.most = Math.max(...times, this.least * 10)
  }

  x(ms: number): number {
    const share = Math.log(ms / this.least) / Math.log(this.most / this.least)
    return round(LEFT + share * (WIDTH - LEFT - RIGHT))
  }

  ticks(): string[] {
    const shown = TICKS_MS.filter((ms) => ms >= this.least && ms <= this.most)
    return shown.map(
      (ms) =>
        `<line class="grid" x1="${this.x(ms)}" y1="${TOP}" x2="${this.x(ms)}" y2="${HEIGHT - BOTTOM}"/><text class="x" x="${this.x(ms)}" y="${HEIGHT - BOTTOM + 20}">${tick(ms)}</text>`,
    )
  }
}

const TICKS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 300_000]
const tick = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`)

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)
