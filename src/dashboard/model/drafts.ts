import { Observable } from './observable.ts'
import { nameOf } from './parameters.ts'
import { valueIn } from './value-text.ts'

/** A change that somebody prepared and has not published. */
export interface Draft {
  readonly section: string
  readonly parameter: string
  /** as typed; undefined deletes */
  readonly text: string | undefined
  readonly priority: string
  readonly reason: string
}

/** One of PATCH /v1/config's changes, or with its name taken off the body of a PUT. */
export function changeOf({ section, parameter, text, priority, reason }: Draft) {
  return {
    section,
    parameter,
    ...(text === undefined ? { deleted: true as const } : { value: valueIn(text) }),
    ...(priority.trim() !== '' && { priority: Number(priority) }),
    ...(reason.trim() !== '' && { reason: reason.trim() }),
  }
}

/** Changes that are to be published as one: every node takes all of them in one step, or none. */
export class Drafts extends Observable {
  readonly #drafts = new Map<string, Draft>()
  #error: { readonly name: string | undefined; readonly text: string } | undefined

  get list(): readonly Draft[] {
    return [...this.#drafts.values()]
  }

  get error() {
    return this.#error
  }

  put(draft: Draft): void {
    this.#drafts.set(nameOf(draft), draft)
    this.#error = undefined
    this.touch()
  }

  remove(name: string): void {
    this.#drafts.delete(name)
    this.#error = undefined
    this.touch()
  }

  clear(): void {
    this.#drafts.clear()
    this.#error = undefined
    this.touch()
  }

  /** The agent says which parameter it refuses by beginning with its name. */
  refuse(detail: string): void {
    const name = [...this.#drafts.keys()].find((one) => detail.startsWith(`${one}:`) || detail.startsWith(`${one} `))
    this.#error = { name, text: detail }
    this.touch()
  }
}
