import type { WriteJson } from '../agent/answers.ts'
import type { Members } from './members.ts'
import { Observable } from './observable.ts'
import { nameOf } from './parameters.ts'

export interface Followed {
  readonly id: number
  readonly names: readonly string[]
  readonly startedMs: number
  readonly updates: readonly WriteJson[]
  /** members that have not shown it yet; those that went since are not waited for */
  lacking: readonly string[]
  members: number
  /** how long it took until the last of them had shown it; undefined while some have not */
  tookMs: number | undefined
}

const FOLLOWED_MAX = 5

/** Writes of this page, followed until every live node has shown that it has them. */
export class Following extends Observable {
  #list: Followed[] = []
  #id = 0
  readonly #members: Members
  readonly #nowMs: () => number

  constructor(members: Members, nowMs: () => number = () => performance.now()) {
    super()
    this.#members = members
    this.#nowMs = nowMs
    members.subscribe(() => this.#look())
  }

  get list(): readonly Followed[] {
    return this.#list
  }

  /** @param startedMs when it was sent */
  follow(updates: readonly WriteJson[], startedMs: number): void {
    const followed = {
      id: ++this.#id,
      names: updates.map(nameOf),
      startedMs,
      updates,
      lacking: [],
      members: 0,
      tookMs: undefined,
    }
    this.#list = [followed, ...this.#list].slice(0, FOLLOWED_MAX)
    this.#look()
  }

  dismiss(id: number): void {
    this.#list = this.#list.filter((followed) => followed.id !== id)
    this.touch()
  }

  #look(): void {
    for (const followed of this.#list) {
      if (followed.tookMs !== undefined) continue
      const lacking = new Set(followed.updates.flatMap(({ update }) => this.#members.lacking(update)))
      followed.lacking = [...lacking]
      followed.members = this.#members.live.length
      if (lacking.size === 0) followed.tookMs = this.#nowMs() - followed.startedMs
      this.touch()
    }
  }
}
