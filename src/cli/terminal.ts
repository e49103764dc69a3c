import type { WriteStream } from 'node:tty'

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const END_OF_LINE = '\u001b[K\r\n'
const CLEAR_BELOW = '\u001b[K\u001b[J'

/** The alternate screen of a terminal: what was there before comes back when it is left, however this process ends. */
export class Terminal {
  readonly #stream: WriteStream
  readonly #restore = () => this.leave()
  #open = false

  constructor(stream: WriteStream) {
    this.#stream = stream
  }

  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#stream.columns || 80, rows: this.#stream.rows || 24 }
  }

  enter(): void {
    this.#open = true
    process.once('exit', this.#restore)
    this.#stream.write(ENTER)
  }

  /** Drawn over what is there, in one write: nothing flickers. */
  draw(lines: readonly string[]): void {
    if (this.#open) this.#stream.write(`${HOME}${lines.join(END_OF_LINE)}${CLEAR_BELOW}`)
  }

  onResize(redraw: () => void): void {
    this.#stream.on('resize', redraw)
  }

  leave(): void {
    if (!this.#open) return
    this.#open = false
    process.off('exit', this.#restore)
    this.#stream.removeAllListeners('resize')
    this.#stream.write(LEAVE)
  }
}
