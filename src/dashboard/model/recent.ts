import { Observable } from './observable.ts'

/** The latest of something, bounded, newest first. */
export class Recent<T> extends Observable {
  #items: T[] = []
  readonly #max: number

  constructor(max: number) {
    super()
    this.#max = max
  }

  get items(): readonly T[] {
    return this.#items
  }

  add(item: T): void {
    this.#items = [item, ...this.#items.slice(0, this.#max - 1)]
    this.touch()
  }

  replace(items: readonly T[]): void {
    this.#items = items.slice(0, this.#max)
    this.touch()
  }
}
