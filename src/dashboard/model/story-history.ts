import type { HistoryAnswer } from '../agent/answers.ts'
import { Observable } from './observable.ts'

/** A parameter that changes a hundred times a second is not asked about a hundred times. */
const APART_MS = 250

/** The history of one parameter, asked for again when it has changed: one question at a time, and one more for all that came meanwhile. */
export class StoryHistory extends Observable {
  answer: HistoryAnswer | undefined
  fault: string | undefined
  #asking = false
  #again = false
  readonly #ask: () => Promise<HistoryAnswer>
  readonly #pause: (ms: number) => Promise<void>

  constructor(
    ask: () => Promise<HistoryAnswer>,
    pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  ) {
    super()
    this.#ask = ask
    this.#pause = pause
  }

  async refresh(): Promise<void> {
    this.#again = true
    if (this.#asking) return
    this.#asking = true
    while (this.#again) {
      this.#again = false
      await this.#askOnce()
      this.touch()
      await this.#pause(APART_MS)
    }
    this.#asking = false
  }

  async #askOnce(): Promise<void> {
    try {
      this.answer = await this.#ask()
      this.fault = undefined
    } catch (cause) {
      this.fault = cause instanceof Error ? cause.message : String(cause)
    }
  }
}
