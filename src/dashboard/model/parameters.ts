import type { ParameterJson } from '../agent/answers.ts'
import { Observable } from './observable.ts'
import { textOf } from './value-text.ts'

/** `section.parameter`: a section has no dot. */
export const nameOf = ({ section, parameter }: { readonly section: string; readonly parameter: string }): string =>
  `${section}.${parameter}`

/** The tuner's memory changes with every window and says nothing to people: shown only to who searches for it by name. */
export const TUNER_MEMORY_SECTION = 'auto_tuner_state'

interface Row {
  readonly view: ParameterJson
  /** what a search looks through; made when somebody searches */
  haystack: string | undefined
}

/** Every parameter that the agent knows, in the order of names. */
export class Parameters extends Observable {
  readonly #rows = new Map<string, Row>()
  #names: string[] | undefined
  loaded = false

  get(name: string): ParameterJson | undefined {
    return this.#rows.get(name)?.view
  }

  /** What the agent holds now stands instead of everything before. */
  replace(views: readonly ParameterJson[]): void {
    this.#rows.clear()
    for (const view of views) this.#rows.set(nameOf(view), { view, haystack: undefined })
    this.#names = undefined
    this.loaded = true
    this.touch()
  }

  take(view: ParameterJson): void {
    const name = nameOf(view)
    if (!this.#rows.has(name)) this.#names = undefined
    this.#rows.set(name, { view, haystack: undefined })
    this.touch()
  }

  /** Those in which every word of the query stands, in name, value, writer or reason. Deleted ones only when asked for. */
  matching(query: string, withDeleted: boolean): ParameterJson[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean)
    const withMemory = query.includes(TUNER_MEMORY_SECTION)
    const found: ParameterJson[] = []
    for (const name of this.#sortedNames()) {
      const row = this.#rows.get(name)!
      if (row.view.deleted && !withDeleted) continue
      if (row.view.section === TUNER_MEMORY_SECTION && !withMemory) continue
      if (words.length > 0) {
        row.haystack ??= haystackOf(row.view)
        if (!words.every((word) => row.haystack!.includes(word))) continue
      }
      found.push(row.view)
    }
    return found
  }

  #sortedNames(): readonly string[] {
    this.#names ??= [...this.#rows.keys()].sort()
    return this.#names
  }
}

const haystackOf = (view: ParameterJson): string =>
  [nameOf(view), textOf(view.value), view.update?.nodeId ?? '', view.update?.reason ?? ''].join('\n').toLowerCase()
