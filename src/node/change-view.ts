import type { JsonValue } from '#core/json'
import type { Update } from '#core/update'
import type { ConfigUpdateMsg, ParameterChangeView } from './types.ts'
import { messageOf } from './views.ts'

/** One change as listeners are given it; the update's plain form is made when somebody looks at it. */
export class ChangeView implements ParameterChangeView {
  readonly section: string
  readonly parameter: string
  readonly value: JsonValue | undefined
  readonly previous: JsonValue | undefined
  readonly deleted: boolean
  readonly #update: Update

  constructor(update: Update, value: JsonValue | undefined, previous: JsonValue | undefined, deleted: boolean) {
    this.section = update.section
    this.parameter = update.parameter
    this.value = value
    this.previous = previous
    this.deleted = deleted
    this.#update = update
  }

  get update(): ConfigUpdateMsg {
    return messageOf(this.#update)
  }

  toJSON(): ParameterChangeView {
    const { section, parameter, value, previous, deleted, update } = this
    return { section, parameter, value, previous, deleted, update }
  }
}
