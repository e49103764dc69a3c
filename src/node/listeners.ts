import { ConfigSyncError } from '#core/errors'
import type { ConfigSyncEvents } from './types.ts'

type Listener = (event: never) => void

/**
 * Calls whoever listens, each on its own: one that throws disturbs neither the others nor the one who tells.
 * @typeParam Events their names, and what listeners are given
 */
export class Listeners<Events extends { readonly error: ConfigSyncError } = ConfigSyncEvents> {
  private readonly byName = new Map<keyof Events, Set<Listener>>()
  private readonly queue: { readonly name: keyof Events; readonly event: unknown }[] = []
  private delivering = false

  /** Returns what takes the listener off again. */
  on<N extends keyof Events>(name: N, listener: (event: Events[N]) => void): () => void {
    const listeners = this.byName.get(name) ?? new Set()
    this.byName.set(name, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  has(name: keyof Events): boolean {
    return (this.byName.get(name)?.size ?? 0) > 0
  }

  /** Events are delivered in order: one that a listener causes comes after the one it was called for. */
  emit<N extends keyof Events>(name: N, event: Events[N]): void {
    this.queue.push({ name, event })
    if (this.delivering) return
    this.delivering = true
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift())
      this.deliver(next.name, next.event)
    this.delivering = false
  }

  private deliver(name: keyof Events, event: unknown): void {
    for (const listener of [...(this.byName.get(name) ?? [])]) {
      try {
        listener(event as never)
      } catch (cause) {
        // A failing listener of `error` must not cause the next error.
        if (name !== 'error')
          this.emit('error', new ConfigSyncError('LISTENER_FAILED', `on '${String(name)}': ${cause}`, { cause }))
      }
    }
  }
}
