import assert from 'node:assert/strict'
import type { StoreBatch } from '#core/effects'
import type { NodeId, Sequence } from '#core/identity'
import type { Update } from '#core/update'
import type { JournalBatch } from '#store/journal'
import type { Store } from '#store/store'
import type { TestRunner } from './mesh.ts'
import { batchOf, NO_JOURNAL, NODE, ORIGIN, OTHER, parameterOf, sorted, updateOf, valuesOf } from './store-samples.ts'
import { play, type Scene, type StoreWorld } from './store-world.ts'

const SCENES: Readonly<Record<string, Scene<StoreWorld>>> = {
  'a new store has nothing, and belongs to whoever opened it': async (world) => {
    const store = world.store()
    assert.equal(await store.open(NODE), undefined)
    await store.close(false)
    const again = world.store()
    const state = await again.open(NODE)
    assert.deepEqual(
      { ...state, clean: undefined },
      {
        nodeId: NODE,
        clean: undefined,
        origin: undefined,
        sequence: 0,
        updates: [],
        seen: [],
        collected: [],
        epoch: 0,
        clock: [0, 0],
      },
    )
    await again.close(false)
  },

  'every field comes back as it was': async (world) => {
    const siblings: [Update, ...Update[]] = [
      updateOf(1, { deep: [1, null, 'ü', { '': false }], big: Number.MAX_SAFE_INTEGER }, { reason: 'wegen Größe' }),
      updateOf(7, undefined, {
        origin: OTHER,
        context: [ORIGIN, 3 as Sequence],
        group: { first: 6 as Sequence, size: 3 },
        priority: -5,
        rule: 'custom:mine',
        epoch: 9,
        timestampLogical: 4_294_967_295,
        trace: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
        unknownFields: [Uint8Array.of(0x93, 1, 2, 3)],
      }),
    ]
    const batch = batchOf(5, {
      parameters: [
        parameterOf(...siblings),
        parameterOf(updateOf(2, 0.1, { section: "quoted'", parameter: 'a.b "c"' })),
      ],
      seen: [
        { origin: ORIGIN, contiguous: 5, ranges: [] },
        {
          origin: OTHER,
          contiguous: 0,
          ranges: [
            [2, 2],
            [7, 900_719_925_474],
          ],
        },
      ],
      collected: [
        [ORIGIN, 3 as Sequence],
        [OTHER, 1 as Sequence],
      ],
      epoch: 12,
      clock: [1_767_225_600_123, 77],
    })
    const store = world.store()
    await store.open(NODE)
    await store.commit(batch, NO_JOURNAL)
    await store.close(true)
    const again = world.store()
    const { parameters, seen, collected, origin, sequence, epoch, clock } = batch
    const updates = parameters.flatMap((parameter) => parameter.siblings)
    const expected = { nodeId: NODE, clean: true, origin, sequence, epoch, clock, updates, seen, collected: collected! }
    assert.deepEqual(sorted(await again.open(NODE)), sorted(expected))
    await again.close(true)
  },

  'only a clean close leaves the mark of one, and opening takes it away for good': async (world) => {
    const first = world.store()
    await first.open(NODE)
    await first.commit(batchOf(1), NO_JOURNAL)
    await first.close(true)
    const second = world.store()
    assert.equal((await second.open(NODE))?.clean, true)
    const killed = await world.killed(second)
    assert.equal((await killed.open(NODE))?.clean, false, 'killed right after open')
    await killed.close(false)
    await second.close(false)
    const third = world.store()
    assert.equal((await third.open(NODE))?.clean, false, 'closed, and not cleanly')
    await third.close(false)
  },

  'later batches win: siblings and coverage are replaced, an empty set removes, `collected` stays when it is not given':
    async (world) => {
      const store = world.store()
      await store.open(NODE)
      const [a, b, c] = ['a', 'b', 'c'].map((parameter, index) => updateOf(index + 1, parameter, { parameter }))
      const later = updateOf(4, 'later', { parameter: 'a' })
      const collected: StoreBatch['collected'] = [[OTHER, 4 as Sequence]]
      const all = [
        store.commit(
          batchOf(3, { parameters: [parameterOf(a!), parameterOf(b!), parameterOf(c!)], collected }),
          NO_JOURNAL,
        ),
        store.commit(
          batchOf(4, { parameters: [parameterOf(later), { section: 's', parameter: 'b', siblings: [] }] }),
          NO_JOURNAL,
        ),
      ]
      await Promise.all(all)
      await store.close(true)
      const again = world.store()
      const state = await again.open(NODE)
      assert.deepEqual(valuesOf(state), { 's.a': 'later', 's.c': 'c' })
      assert.deepEqual(state!.seen, [{ origin: ORIGIN, contiguous: 4, ranges: [] }])
      assert.deepEqual([state!.sequence, state!.collected], [4, collected])
      await again.commit(batchOf(5, { collected: [] }), NO_JOURNAL)
      await again.close(true)
      const last = world.store()
      assert.deepEqual((await last.open(NODE))!.collected, [])
      await last.close(true)
    },

  'a complete batch replaces everything': async (world) => {
    const store = world.store()
    await store.open(NODE)
    const before = updateOf(1, 'before', { parameter: 'before' })
    const seen = [{ origin: OTHER, contiguous: 9, ranges: [] }]
    await store.commit(
      batchOf(1, { parameters: [parameterOf(before)], seen, collected: [[OTHER, 1 as Sequence]] }),
      NO_JOURNAL,
    )
    const after = updateOf(2, 'after', { parameter: 'after' })
    await store.commit(batchOf(2, { complete: true, parameters: [parameterOf(after)], collected: [] }), NO_JOURNAL)
    await store.close(true)
    const again = world.store()
    const state = await again.open(NODE)
    assert.deepEqual(valuesOf(state), { 's.after': 'after' })
    assert.deepEqual([state!.seen, state!.collected], [batchOf(2).seen, []])
    await again.close(true)
  },

  'commits resolve in order, and what has resolved survives a kill': async (world) => {
    const store = world.store()
    await store.open(NODE)
    const resolved: number[] = []
    const commits = Array.from({ length: 50 }, (_, index) =>
      store
        .commit(batchOf(index + 1, { parameters: [parameterOf(updateOf(index + 1, index + 1))] }), NO_JOURNAL)
        .then(() => {
          resolved.push(index + 1)
        }),
    )
    await commits[20]
    const acknowledged = resolved.at(-1)!
    const killed = await world.killed(store)
    const state = await killed.open(NODE)
    assert.ok(state!.sequence >= acknowledged, `${state!.sequence} of ${acknowledged} acknowledged`)
    await killed.close(false)
    await Promise.all(commits)
    assert.deepEqual(
      resolved,
      commits.map((_, index) => index + 1),
    )
    await store.close(true)
  },

  'a batch is there whole or not at all, whenever the process is killed (I5)': async (world) => {
    const store = world.store()
    await store.open(NODE)
    const commits: Promise<void>[] = []
    for (let sequence = 1; sequence <= 40; sequence++) {
      const parameters = ['a', 'b', 'c'].map((parameter) => parameterOf(updateOf(sequence, sequence, { parameter })))
      const commit = store.commit(batchOf(sequence, { parameters, epoch: sequence }), NO_JOURNAL)
      commits.push(commit)
      if (sequence % 4 === 0) await commit
      const killed = await world.killed(store)
      const state = await killed.open(NODE)
      const number = state!.sequence
      assert.ok(number >= sequence - (sequence % 4), `${number} is there, and ${sequence} was committed`)
      const value = number === 0 ? {} : { 's.a': number, 's.b': number, 's.c': number }
      assert.deepEqual([valuesOf(state), state!.epoch], [value, number])
      assert.deepEqual(state!.seen, number === 0 ? [] : batchOf(number).seen)
      await killed.close(false)
    }
    await Promise.all(commits)
    await store.close(true)
  },

  'says whose it was, and belongs to the next one then': async (world) => {
    const other = 'node-2' as NodeId
    for (const [opens, was] of [
      [NODE, undefined],
      [other, NODE],
      [other, other],
    ] as const) {
      const store = world.store()
      assert.equal((await store.open(opens))?.nodeId, was)
      await store.close(true)
    }
  },

  'keeps 10,000 parameters': async (world) => {
    const store = world.store()
    await store.open(NODE)
    const updates = Array.from({ length: 10_000 }, (_, index) =>
      updateOf(index + 1, `value ${index}`, { section: `s${index % 7}`, parameter: `p${index}` }),
    )
    await store.commit(batchOf(10_000, { parameters: updates.map((update) => parameterOf(update)) }), NO_JOURNAL)
    await store.close(true)
    const again = world.store()
    const state = await again.open(NODE)
    const bySequence = [...state!.updates].sort((a, b) => a.sequence - b.sequence)
    assert.deepEqual(bySequence, updates)
    await again.close(true)
  },

  'the journal gives the newest first, of each parameter alone, and keeps it over a restart': async (world) => {
    const store = world.store()
    await store.open(NODE)
    const [one, two, three] = [1, 2, 3].map((sequence) => updateOf(sequence, sequence))
    const elsewhere = updateOf(4, 'x', { parameter: 'elsewhere' })
    const entry = { superseded: [], concurrent: [] }
    const history = [
      { ...entry, update: one!, atMs: 10, source: 'local' as const },
      { ...entry, update: two!, atMs: 11, source: 'remote' as const, superseded: [one!] },
      { ...entry, update: elsewhere, atMs: 12, source: 'local' as const },
      { update: three!, atMs: 13, source: 'repair' as const, superseded: [one!, two!], concurrent: [elsewhere] },
    ]
    const conflicts = [1, 2].map((atMs) => ({ atMs, siblings: [one!, two!] }))
    await store.commit(batchOf(2), { history: history.slice(0, 2), conflicts: conflicts.slice(0, 1) })
    await store.commit(batchOf(4), { history: history.slice(2), conflicts: conflicts.slice(1) })
    const check = async (from: Store) => {
      assert.deepEqual(await from.history('s', 'p'), [history[3], history[1], history[0]])
      assert.deepEqual(await from.history('s', 'elsewhere'), [history[2]])
      assert.deepEqual(await from.history('s', 'nowhere'), [])
      assert.deepEqual(await from.conflicts(), conflicts.toReversed())
    }
    await check(store)
    await store.close(true)
    const again = world.store()
    await again.open(NODE)
    await check(again)
    await again.close(true)
  },

  'the journal is bounded, from the moment on that its limits are told': async (world) => {
    const store = world.store()
    await store.open(NODE)
    const journal = (sequence: number): JournalBatch => ({
      history: [
        { update: updateOf(sequence, sequence), atMs: sequence, source: 'local', superseded: [], concurrent: [] },
      ],
      conflicts: [{ atMs: sequence, siblings: [updateOf(sequence, sequence)] }],
    })
    const numbers = async () => [
      (await store.history('s', 'p')).map(({ atMs }) => atMs),
      (await store.conflicts()).map(({ atMs }) => atMs),
    ]
    store.limit({ historyPerParameter: 5, historyTotal: 100, conflicts: 3 })
    for (let sequence = 1; sequence <= 12; sequence++) await store.commit(batchOf(sequence), journal(sequence))
    assert.deepEqual(await numbers(), [
      [12, 11, 10, 9, 8],
      [12, 11, 10],
    ])
    store.limit({ historyPerParameter: 2, historyTotal: 100, conflicts: 1 })
    assert.deepEqual(await numbers(), [[12, 11], [12]])
    store.limit({ historyPerParameter: 0, historyTotal: 100, conflicts: 0 })
    await store.commit(batchOf(13), journal(13))
    assert.deepEqual(await numbers(), [[], []])
    await store.close(true)
  },

  'the history is bounded over all parameters: the oldest go, and one that is written again and again takes nothing from others':
    async (world) => {
      const total = 20
      let store = world.store()
      await store.open(NODE)
      store.limit({ historyPerParameter: 5, historyTotal: total, conflicts: 1 })
      let written = 0
      const change = async (...parameters: readonly string[]) => {
        const first = written + 1
        written += parameters.length
        const history = parameters.map((parameter, place) => {
          const update = updateOf(first + place, first + place, { parameter })
          return { update, atMs: first + place, source: 'local' as const, superseded: [], concurrent: [] }
        })
        await store.commit(batchOf(written), { history, conflicts: [] })
      }
      const names = Array.from({ length: 120 }, (_, index) => `p${index}`)
      const kept = async () => {
        const entries = await Promise.all([...names, 'hot'].map((parameter) => store.history('s', parameter)))
        return entries.flatMap((ofOne) => ofOne.map(({ atMs }) => atMs)).sort((a, b) => a - b)
      }
      const newest = (count: number) => Array.from({ length: count }, (_, index) => written - count + 1 + index)
      const assertBounded = async (countMax: number) => {
        const numbers = await kept()
        assert.ok(numbers.length >= countMax && numbers.length <= 2 * countMax, `${numbers.length} of ${countMax}`)
        assert.deepEqual(numbers, newest(numbers.length))
      }
      for (const name of names.slice(0, 30)) await change(name)
      await assertBounded(total)
      await change(...names.slice(30, 90))
      await assertBounded(total)
      await store.close(true)
      store = world.store()
      await store.open(NODE)
      store.limit({ historyPerParameter: 5, historyTotal: total, conflicts: 1 })
      for (const name of names.slice(90, 100)) await change(name)
      await assertBounded(total)
      for (let time = 0; time < 200; time++) await change('hot')
      const others = (await kept()).filter((number) => number <= written - 200)
      assert.deepEqual(
        others.slice(-15),
        Array.from({ length: 15 }, (_, index) => written - 200 - 14 + index),
      )
      store.limit({ historyPerParameter: 5, historyTotal: 4, conflicts: 1 })
      for (const name of names.slice(100)) await change(name)
      await assertBounded(4)
      await store.close(true)
    },
}

/**
 * Holds a store to what ConfigSync needs of one.
 * @example storeContract('memory', () => memoryWorld(), { describe, it })
 */
export function storeContract(
  name: string,
  makeWorld: () => StoreWorld | Promise<StoreWorld>,
  runner: TestRunner,
): void {
  play(`${name}: what every store must do`, SCENES, makeWorld, runner)
}
