import { isNodeId } from '#core/identity'
import type { JsonValue } from '#core/json'
import { ScenarioFault } from './fault.ts'

export interface ParameterName {
  readonly section: string
  readonly parameter: string
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  y: 31_536_000_000,
}
const DURATION = /^([+-]?\d+(?:\.\d+)?)(ms|s|min|h|d|y)$/
const OPTION = /^([a-z-]+)=(.*)$/s

/** The words behind a command's name, taken one after the other; what they cannot be is a fault. */
export class Arguments {
  private readonly words: string[]

  constructor(words: readonly string[]) {
    this.words = [...words]
  }

  get left(): number {
    return this.words.length
  }

  next(what: string): string {
    const word = this.words.shift()
    if (word === undefined) throw new ScenarioFault(`${what} is missing`)
    return word
  }

  /** Takes the word if it is the next. */
  skip(word: string): boolean {
    if (this.words[0] !== word) return false
    this.words.shift()
    return true
  }

  node(): string {
    const word = this.next('the name of a node')
    if (!isNodeId(word)) throw new ScenarioFault(`${word} is no name of a node`)
    return word
  }

  /** At least one, up to the end, an option or a word that can be none. */
  nodes(): string[] {
    const nodes = [this.node()]
    while (this.words[0] !== undefined && isNodeId(this.words[0])) nodes.push(this.node())
    return nodes
  }

  parameter(): ParameterName {
    const word = this.next('the name of a parameter')
    const dot = word.indexOf('.')
    if (dot <= 0 || dot === word.length - 1) throw new ScenarioFault(`${word} is no section.parameter`)
    return { section: word.slice(0, dot), parameter: word.slice(dot + 1) }
  }

  json(): JsonValue {
    const word = this.next('a value')
    try {
      return JSON.parse(word) as JsonValue
    } catch {
      throw new ScenarioFault(`${word} is no JSON; a text has quotes: "${word}"`)
    }
  }

  /** `250ms`, `5s`, `2min`, `26h`, `3d`, `1y`, with a sign where it is a difference. Milliseconds. */
  duration(signed: 'signed' | 'unsigned' = 'unsigned'): number {
    const word = this.next('a time')
    const [, number, unit] = DURATION.exec(word) ?? []
    if (number === undefined || unit === undefined || (signed === 'unsigned' && /^[+-]/.test(number)))
      throw new ScenarioFault(`${word} is no time such as 250ms, 5s, 2min, 26h, 3d or 1y`)
    return Number(number) * UNITS_MS[unit]!
  }

  /** `20%` as 0.2. */
  share(): number {
    const word = this.next('a share')
    const percent = /^\d+(\.\d+)?%$/.test(word) ? Number(word.slice(0, -1)) : Number.NaN
    if (!(percent <= 100)) throw new ScenarioFault(`${word} is no share such as 20%`)
    return percent / 100
  }

  /** The `name=value` words at the end, of which only `names` are known. */
  options(names: readonly string[]): ReadonlyMap<string, string> {
    const found = new Map<string, string>()
    while (this.words.length > 0) {
      const word = this.words.at(-1)!
      const [, name, value] = OPTION.exec(word) ?? []
      if (name === undefined || value === undefined) break
      if (!names.includes(name)) throw new ScenarioFault(`${name}= is no option here; there is ${names.join(', ')}`)
      found.set(name, value)
      this.words.pop()
    }
    return found
  }

  end(): void {
    if (this.words.length > 0) throw new ScenarioFault(`${this.words[0]} is too much`)
  }
}
