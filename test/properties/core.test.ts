import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { supersedes } from '#core/causal-context'
import type { StoredState } from '#core/effects'
import type { Update } from '#core/update'
import type { MemoryStore } from '#store/memory'
import { CoreMesh } from '../support/core-mesh.ts'
import { type CoreNode, change } from '../support/core-node.ts'

const KINDS = {
  write: 14,
  group: 4,
  delete: 4,
  deliver: 40,
  lose: 8,
  repeat: 4,
  advance: 16,
  tick: 24,
  crash: 3,
  stop: 2,
  start: 7,
  backup: 1,
  stall: 1,
} as const

type Kind = keyof typeof KINDS | 'days'

interface Step {
  readonly kind: Kind
  readonly node: number
  readonly pick: number
}

const step = (weights: Partial<Record<Kind, number>>): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.oneof(
      ...Object.entries(weights).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind as Kind) })),
    ),
    node: fc.nat(99),
    pick: fc.nat(9_999),
  })

const history = (weights: Partial<Record<Kind, number>>) =>
  fc.record({
    nodes: fc.integer({ min: 2, max: 5 }),
    seed: fc.nat(),
    /** a bit for each node: whether it has a store */
    stored: fc.nat(31),
    /** the node whose clock is a year ahead, if there is one of that number */
    wrongClock: fc.nat(9),
    steps: fc.array(step(weights), { minLength: 20, maxLength: 150 }),
  })

const DAY_MS = 24 * 60 * 60 * 1000
const YEAR_MS = 365 * DAY_MS

/** A mesh of real cores under whatever can happen to it. */
class RandomMesh {
  readonly mesh: CoreMesh
  /** what a clean stop left, for nodes without a store */
  private readonly kept = new Map<CoreNode, StoredState>()
  private readonly backups = new Map<CoreNode, MemoryStore>()
  private readonly rolledBack = new Set<CoreNode>()
  private readonly dots = new Set<string>()

  constructor(nodes: number, seed: number, stored: number, wrongClock: number) {
    this.mesh = new CoreMesh({ nodes, seed, stored: (index) => ((stored >> index) & 1) === 1 })
    for (const node of this.mesh.nodes.slice(wrongClock, wrongClock + 1)) node.wallSkewMs = YEAR_MS
    this.mesh.afterStep = (node, effects) => {
      for (const effect of effects) if (effect.type === 'written') this.checkNumbers(effect.updates)
      checkStore(node)
    }
  }

  /** I3, and that no dot is ever used again: two writes of one dot would be found here even if nobody ever received one. */
  private checkNumbers(updates: readonly { origin: string; sequence: number }[]): void {
    for (const update of updates) {
      const dot = `${update.origin} ${update.sequence}`
      expect(this.dots.has(dot), `${dot} is used again`).toBe(false)
      this.dots.add(dot)
    }
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const node of this.mesh.nodes) await this.start(node)
    for (const taken of steps) await this.take(taken)
  }

  private async take({ kind, node: index, pick }: Step): Promise<void> {
    const { mesh } = this
    const node = mesh.nodes[index % mesh.nodes.length]!
    if (kind === 'start') return node.up ? undefined : this.start(node)
    if (kind === 'deliver' || kind === 'lose' || kind === 'repeat') return this.carry(kind, pick)
    if (kind === 'advance') mesh.nowMs += pick % 400
    if (kind === 'days') return this.days()
    if (kind === 'backup' && node.store) this.backups.set(node, node.store.copy())
    if (!node.up) return
    if (kind === 'tick' || kind === 'stall') this.tick(node, kind === 'stall' ? pick : 0)
    if (kind === 'crash') return this.crash(node, pick)
    if (kind === 'stop') return this.stop(node)
    if (kind === 'write') mesh.write(node, change(`k${pick % 4}`, pick, { priority: pick % 2 }))
    if (kind === 'group') mesh.write(node, change(`k${pick % 4}`, pick), change(`k${(pick + 1) % 4}`, -pick))
    if (kind === 'delete') mesh.write(node, change(`k${pick % 2}`, undefined))
  }

  private carry(kind: 'deliver' | 'lose' | 'repeat', pick: number): void {
    const { mesh } = this
    if (mesh.queue.length === 0) return
    // Mostly in order, sometimes any of them.
    const at = pick % 3 === 0 ? pick % mesh.queue.length : 0
    const carried = mesh.queue[at]!
    if (kind !== 'repeat') mesh.queue.splice(at, 1)
    if (kind !== 'lose') mesh.deliver(carried)
  }

  private tick(node: CoreNode, stallMs: number): void {
    this.mesh.nowMs += stallMs
    if (node.core.earliestDeadlineMs > this.mesh.nowMs)
      this.mesh.nowMs = Math.min(node.core.earliestDeadlineMs, this.mesh.nowMs + 300)
    this.mesh.step(node, { type: 'tick' })
  }

  /** Whoever is up agrees, a day goes by, and tombstones are dropped; who is down comes back after that. */
  private days(): void {
    const { mesh } = this
    if (mesh.live.length === 0) return
    mesh.run(3_000)
    mesh.nowMs += DAY_MS
    for (const node of mesh.live) mesh.step(node, { type: 'tick' })
    mesh.run(62_000)
  }

  private async start(node: CoreNode): Promise<void> {
    const stored = node.store ? await node.store.open(node.name) : this.kept.get(node)
    this.kept.delete(node)
    this.mesh.start(node, stored)
  }

  private async stop(node: CoreNode): Promise<void> {
    this.kept.set(node, this.mesh.stop(node))
    await node.store?.close(true)
  }

  /** Its store is as it was, or, one time in four, a backup of earlier. */
  private async crash(node: CoreNode, pick: number): Promise<void> {
    this.mesh.vanish(node)
    const backup = this.backups.get(node)
    if (backup && pick % 4 === 0) {
      node.store = backup.copy()
      this.rolledBack.add(node)
    }
    await node.store?.close(false)
  }

  /** What was stored is known, and of what is known exactly that stands which no other known write had seen. */
  expectNothingLostOrRisen(): void {
    const { replica } = this.mesh.nodes[0]!.core
    const covered = ({ origin, sequence }: Update) => replica.seen.covers(origin, sequence)
    for (const node of this.mesh.nodes)
      if (node.store && !this.rolledBack.has(node))
        expect(node.written.filter((update) => !covered(update))).toEqual([])
    const known = this.mesh.nodes.flatMap(({ written }) => written.filter(covered))
    const standing = known.filter(
      (update) =>
        update.value !== undefined &&
        !known.some(
          (other) =>
            other !== update &&
            other.parameter === update.parameter &&
            supersedes(other, update.origin, update.sequence),
        ),
    )
    const live = [...replica.live()].filter(({ value }) => value !== undefined)
    const dots = (updates: readonly Update[]) => updates.map(({ origin, sequence }) => `${origin} ${sequence}`).sort()
    expect(dots(live)).toEqual(dots(standing))
  }

  /** Everybody is up, and nothing is lost any more. Returns after how many milliseconds all were equal. */
  async heal(limitMs: number): Promise<number> {
    const { mesh } = this
    mesh.queue = mesh.queue.map((carried) => ({ ...carried, dueMs: mesh.nowMs }))
    for (const node of mesh.nodes) if (!node.up) await this.start(node)
    const startMs = mesh.nowMs
    expect(
      mesh.until(() => mesh.queue.every(({ message }) => message.type !== 'updates') && mesh.equal, limitMs),
      'all equal',
    ).toBe(true)
    return mesh.nowMs - startMs
  }
}

/** I5: what was persisted is exactly what the core would go on with. The clock may lag: it only has to go on from somewhere. */
function checkStore({ store, core, up }: CoreNode): void {
  if (store === undefined || !up) return
  const stored = store['state']()!
  const snapshot = core.snapshot(false)
  const dots = ({ updates }: StoredState) =>
    updates.map(({ origin, sequence, parameter, value }) => `${origin} ${sequence} ${parameter} ${value}`).sort()
  const comparable = (state: StoredState) => ({
    origin: state.origin,
    sequence: state.sequence,
    epoch: state.epoch,
    dots: dots(state),
    seen: [...state.seen].sort((a, b) => (a.origin < b.origin ? -1 : 1)),
    collected: [...state.collected].sort(),
  })
  expect(comparable(stored)).toEqual(comparable(snapshot))
}

/** `CONFIGSYNC_HISTORIES=100000 npx vitest run test/properties/core.test.ts` looks further. */
const HISTORIES = Number(process.env['CONFIGSYNC_HISTORIES'] ?? 2_000)
const HEAL_MS_MAX = 4_000

async function endsEqual(run: RandomMesh, steps: readonly Step[]): Promise<void> {
  await run.run(steps)
  await run.heal(HEAL_MS_MAX)
  run.mesh.run(3_000)
  expect(run.mesh.equal).toBe(true)
  expect(run.mesh.divergences).toBe(0)
  run.expectNothingLostOrRisen()
}

describe('random histories of whole meshes: loss, repetition, reordering, stalls, crashes, backups, wrong clocks', () => {
  it('I3 and I5 hold at every step, no number is used again, and soon after everything heals all are equal', async () => {
    await fc.assert(
      fc.asyncProperty(history(KINDS), ({ nodes, seed, stored, wrongClock, steps }) =>
        endsEqual(new RandomMesh(nodes, seed, stored, wrongClock), steps),
      ),
      { numRuns: HISTORIES },
    )
  })

  it('also where days go by, tombstones are dropped, and nodes that were away come back with what was deleted', async () => {
    let collected = 0
    await fc.assert(
      fc.asyncProperty(
        history({ ...KINDS, delete: 12, days: 3 }),
        async ({ nodes, seed, stored, wrongClock, steps }) => {
          const run = new RandomMesh(nodes, seed, stored, wrongClock)
          await endsEqual(run, steps)
          if (run.mesh.nodes.some(({ core }) => core.replica.collected.size > 0)) collected++
        },
      ),
      { numRuns: HISTORIES / 10 },
    )
    expect(collected).toBeGreaterThan(0)
  })
})
