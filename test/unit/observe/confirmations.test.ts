import { describe, expect, it } from 'vitest'
import type { ConfigSync } from '#node/api'
import type { ConfigSyncEvents } from '#node/types'
import { Confirmations } from '#observe/confirmations'

/** What confirmations are made from: events, and the question who has shown what. */
class Script {
  readonly clock = { ms: 0 }
  readonly shown = new Set<string>()
  readonly #listeners = new Map<string, ((event: never) => void)[]>()
  readonly confirmations = new Confirmations(
    {
      on: (name: string, listener: (event: never) => void) => {
        this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener])
        return () => this.#listeners.delete(name)
      },
      hasShown: (nodeId: string, origin: string, sequence: number) => this.shown.has(`${nodeId} ${origin} ${sequence}`),
    } as never as ConfigSync,
    () => this.clock.ms,
  )

  emit<Name extends keyof ConfigSyncEvents>(name: Name, event: object): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(event as never)
  }

  member(nodeId: string, state: string): void {
    this.emit('member', { nodeId, state })
  }

  write(sequence: number, source = 'local'): void {
    this.emit('change', { source, changes: [{ update: { origin: 'a~1', sequence } }] })
  }

  show(nodeId: string, ms: number, ...sequences: number[]): void {
    this.clock.ms = ms
    for (const sequence of sequences) this.shown.add(`${nodeId} a~1 ${sequence}`)
    this.emit('heartbeat', { nodeId })
  }
}

describe('how soon a change was everywhere', () => {
  it('is when the last of those who were live has shown it', () => {
    const script = new Script()
    for (const nodeId of ['b', 'c']) script.member(nodeId, 'joined')
    script.write(1)
    script.show('b', 10, 1)
    script.member('d', 'joined')
    expect(script.confirmations.view()).toMatchObject({ changes: 0, waiting: 1, oldestWaitingMs: 10 })
    script.show('c', 30)
    script.show('c', 40, 1)
    expect(script.confirmations.view()).toMatchObject({ changes: 1, waiting: 0, boundMs: 40, p50Ms: 40, p99Ms: 40 })
    expect(script.confirmations.view().minutes).toEqual([
      { at: expect.any(Number), changes: 1, p50Ms: 40, boundMs: 40 },
    ])
  })

  it('is at once when it came from the only other one', () => {
    const script = new Script()
    script.member('b', 'joined')
    script.shown.add('b a~1 1')
    script.write(1, 'remote')
    expect(script.confirmations.view()).toMatchObject({ changes: 1, boundMs: 0 })
  })

  it('is nothing for who is alone, for what a repair brings, and when somebody who had not shown it went', () => {
    const script = new Script()
    script.write(1)
    script.member('b', 'joined')
    script.write(2, 'repair')
    script.write(3)
    script.member('b', 'gone')
    expect(script.confirmations.view()).toMatchObject({ changes: 0, waiting: 0, unmeasured: 0, boundMs: undefined })
    script.write(4)
    expect(script.confirmations.view().waiting).toBe(0)
  })

  it('counts what comes while a thousand wait, and holds no more', () => {
    const script = new Script()
    script.member('b', 'joined')
    for (let sequence = 1; sequence <= 1_200; sequence++) script.write(sequence)
    expect(script.confirmations.view()).toMatchObject({ waiting: 1_000, unmeasured: 200 })
    script.show('b', 5, ...Array.from({ length: 1_000 }, (_, i) => i + 1))
    expect(script.confirmations.view()).toMatchObject({ waiting: 0, changes: 1_000, boundMs: 5 })
  })

  it('forgets what is older than an hour, and keeps the longest of each minute', () => {
    const script = new Script()
    script.member('b', 'joined')
    const write = (sequence: number, fromMs: number, toMs: number) => {
      script.clock.ms = fromMs
      script.write(sequence)
      script.show('b', toMs, sequence)
    }
    write(1, 0, 90)
    write(2, 100, 120)
    write(3, 61_000, 61_050)
    expect(script.confirmations.view().minutes.map(({ changes, boundMs }) => [changes, boundMs])).toEqual([
      [2, 90],
      [1, 50],
    ])
    expect(script.confirmations.view().boundMs).toBe(90)
    script.clock.ms = 3_600_000 + 1_000
    expect(script.confirmations.view()).toMatchObject({ changes: 1, boundMs: 50 })
    script.clock.ms = 3 * 3_600_000
    expect(script.confirmations.view()).toMatchObject({ changes: 0, boundMs: undefined, minutes: [] })
  })
})
