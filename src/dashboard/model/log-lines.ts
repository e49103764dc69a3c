import type { LogLine } from '../agent/answers.ts'
import { Observable } from './observable.ts'

const LINES_MAX = 2_000
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof LEVELS)[number]

/** Log lines of the agent, in a ring: a hundred a second must not move two thousand each. */
export class LogLines extends Observable {
  #lines: { readonly line: LogLine; readonly text: string }[] = []

  add(text: string): void {
    this.#lines.push({ line: JSON.parse(text) as LogLine, text: text.toLowerCase() })
    if (this.#lines.length > 2 * LINES_MAX) this.#lines = this.#lines.slice(-LINES_MAX)
    this.touch()
  }

  /** The newest first, of this level and above, with every word of the query somewhere in the line. */
  matching(query: string, least: Level): LogLine[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean)
    const found: LogLine[] = []
    for (let i = this.#lines.length - 1; i >= 0 && found.length < LINES_MAX; i--) {
      const { line, text } = this.#lines[i]!
      if (rank(line.level) >= rank(least) && words.every((word) => text.includes(word))) found.push(line)
    }
    return found
  }
}

const RANKS: Readonly<Record<string, number>> = { trace: 0, debug: 0, info: 1, warn: 2, error: 3, fatal: 3 }
const rank = (level: string): number => RANKS[level] ?? 1
