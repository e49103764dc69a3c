import type { Progress } from '#sim/observation'
import { type Colors, duration } from '../output.ts'
import { cutToWidth } from '../screen-line.ts'
import { bar } from './plot.ts'

const CLEAR_LINE = '\r\u001b[K'
const BAR_COLUMNS = 30
/** Without a terminal a line now and then is enough to know that it lives. Real time. */
const LINE_EVERY_MS = 10_000

export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1)

/** Tells on stderr how far a run is: a bar that redraws itself on a terminal, plain lines elsewhere. */
export class ProgressBar {
  private readonly stream: ProgressStream
  private readonly colors: Colors
  private readonly now: () => number
  private startedMs: number
  private lineMs: number
  private drawn = false

  constructor(stream: ProgressStream, colors: Colors, now: () => number = () => performance.now()) {
    this.stream = stream
    this.colors = colors
    this.now = now
    this.startedMs = now()
    this.lineMs = this.startedMs
  }

  /** What `show` tells of a run that begins now. */
  of(what: string): (progress: Progress) => void {
    this.startedMs = this.now()
    return (progress) => this.show(what, progress)
  }

  /** Something without a measure. */
  say(text: string): void {
    if (this.stream.isTTY === true) this.draw(text)
    else this.line(text)
  }

  /** @param what before the figures, such as `seed 7` */
  show(what: string, { simulatedMs, faultsEndMs, writes }: Progress): void {
    const share = Math.min(1, simulatedMs / faultsEndMs)
    const figures = `${seconds(simulatedMs)} of ${seconds(faultsEndMs)} s simulated, ${writes} writes`
    if (this.stream.isTTY === true) this.draw(`${this.bar(share)} ${what}: ${figures}${this.left(share)}`)
    else this.line(`${what}: ${figures}`)
  }

  /** The bar goes; what is printed next begins on its line. */
  clear(): void {
    if (this.drawn) this.stream.write(CLEAR_LINE)
    this.drawn = false
  }

  private draw(text: string): void {
    // A line that wraps could not be drawn over.
    this.stream.write(CLEAR_LINE + cutToWidth(text, (this.stream.columns || 80) - 1))
    this.drawn = true
  }

  private line(text: string): void {
    if (this.now() - this.lineMs < LINE_EVERY_MS) return
    this.lineMs = this.now()
    this.stream.write(`${text}\n`)
  }

  private bar(share: number): string {
    return this.colors.green(bar(share, BAR_COLUMNS).padEnd(BAR_COLUMNS, '░'))
  }

  /** As far as it can be told from what is done. */
  private left(share: number): string {
    const elapsedMs = this.now() - this.startedMs
    if (share < 0.02 || elapsedMs < 1_000) return ''
    return `, ${duration((elapsedMs / share) * (1 - share))} left`
  }
}
