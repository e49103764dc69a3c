import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { clock } from '../model/format.ts'
import type { Point } from '../model/tuning.ts'

export interface Series {
  readonly name: string
  readonly points: readonly Point[]
}

export interface PlotMark {
  readonly at: number
  readonly label: string
}

interface PlotProps {
  readonly label: string
  readonly series: readonly Series[]
  readonly unit: string
  /** a horizontal line */
  readonly goal?: number | undefined
  /** vertical lines */
  readonly marks?: readonly PlotMark[]
}

const HEIGHT = 150

/** A plot over time. What it shows is told beside it in words or a table; it is a picture. */
export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const latest = useRef(props)
  latest.current = props
  useEffect(() => {
    const host = place.current!
    const create = () => {
      plot.current?.destroy()
      plot.current = new uPlot(optionsOf(latest, host), dataOf(latest.current.series), host)
    }
    create()
    const resizing = new ResizeObserver(() => plot.current?.setSize({ width: host.clientWidth, height: HEIGHT }))
    resizing.observe(host)
    // Colours are read when the plot is made.
    const theme = new MutationObserver(create)
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    return () => {
      theme.disconnect()
      resizing.disconnect()
      plot.current?.destroy()
    }
  }, [])
  useEffect(() => plot.current?.setData(dataOf(props.series)))
  return <div ref={place} class="plot" role="img" aria-label={props.label} />
}

/** One time axis for all series; a series has no value where only another one has. */
function dataOf(series: readonly Series[]): uPlot.AlignedData {
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b)
  const columns = series.map(({ points }) => {
    const values = new Map(points.map(({ at, value }) => [at, value]))
    return times.map((at) => values.get(at) ?? null)
  })
  return [times.map((at) => at / 1_000), ...columns]
}

function optionsOf(latest: { current: PlotProps }, host: HTMLElement): uPlot.Options {
  const styles = getComputedStyle(host)
  const colour = (name: string) => styles.getPropertyValue(name).trim()
  const axis = { stroke: colour('--text'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } }
  const { series, unit } = latest.current
  const strokes = [colour('--accent'), colour('--muted')]
  return {
    width: Math.max(200, host.clientWidth),
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    scales: {
      x: { range: timeSpan(latest) },
      y: { range: atLeastZero(latest) },
    },
    axes: [
      { ...axis, space: 80, values: (_, values, __, ___, apart) => values.map((at) => clock(1_000 * at, apart < 60)) },
      { ...axis, size: 64, values: (_, values) => values.map((value) => `${value} ${unit}`) },
    ],
    series: [
      {},
      ...series.map(({ name }, i) => ({ label: name, stroke: strokes[i]!, width: 1.5, points: { size: 4 } })),
    ],
    hooks: { draw: [(plot) => drawLines(plot, latest.current, colour('--bad'), colour('--muted'))] },
  }
}

/** A minute at least, up to the last point: the library itself spreads a single point over years. */
const SPAN_SECONDS_MIN = 60

const timeSpan =
  (latest: { current: PlotProps }): uPlot.Range.Function =>
  () => {
    const times = latest.current.series.flatMap(({ points }) => points.map(({ at }) => at / 1_000))
    const last = Math.max(...times)
    return [Math.min(last - SPAN_SECONDS_MIN, ...times), last]
  }

const atLeastZero =
  (latest: { current: PlotProps }): uPlot.Range.Function =>
  (_plot, _min, max) => [0, 1.15 * Math.max(max ?? 0, latest.current.goal ?? 0, 1e-6)]

function drawLines(plot: uPlot, { goal, marks = [] }: PlotProps, goalColour: string, markColour: string): void {
  const { ctx, bbox } = plot
  const line = (x1: number, y1: number, x2: number, y2: number, colour: string) => {
    ctx.save()
    ctx.strokeStyle = colour
    ctx.setLineDash([4, 4])
    ctx.beginPath()
    ctx.moveTo(x1, y1)
    ctx.lineTo(x2, y2)
    ctx.stroke()
    ctx.restore()
  }
  if (goal !== undefined) {
    const y = plot.valToPos(goal, 'y', true)
    line(bbox.left, y, bbox.left + bbox.width, y, goalColour)
  }
  for (const { at } of marks) {
    const x = plot.valToPos(at / 1_000, 'x', true)
    if (x >= bbox.left && x <= bbox.left + bbox.width) line(x, bbox.top, x, bbox.top + bbox.height, markColour)
  }
}
