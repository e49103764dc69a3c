import assert from 'node:assert/strict'
import type { TestRunner } from './mesh.ts'
import { batchOf, NO_JOURNAL, NODE, parameterOf, updateOf, valuesOf } from './store-samples.ts'
import { type FailingStoreWorld, play, type Scene } from './store-world.ts'

const FAILURES: Readonly<Record<string, Scene<FailingStoreWorld>>> = {
  'after a failed commit nothing is stored until a complete batch is, whatever comes in between (I5)': async (
    world,
  ) => {
    const store = world.store()
    await store.open(NODE)
    await store.commit(batchOf(1, { parameters: [parameterOf(updateOf(1, 'kept'))] }), NO_JOURNAL)
    const mend = world.breakDisk()
    const lost = [2, 3].map((sequence) => store.commit(batchOf(sequence), NO_JOURNAL))
    const outcomes = await Promise.allSettled(lost)
    mend()
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    await assert.rejects(store.commit(batchOf(4), NO_JOURNAL), 'its `seen` would claim what was lost')
    const killed = await world.killed(store)
    const left = await killed.open(NODE)
    assert.deepEqual([left!.sequence, valuesOf(left)], [1, { 's.p': 'kept' }])
    await killed.close(false)
    const all = batchOf(5, { complete: true, parameters: [parameterOf(updateOf(5, 'all'))], collected: [] })
    const tooEarly = store.commit(batchOf(4), NO_JOURNAL)
    const complete = store.commit(all, NO_JOURNAL)
    const after = store.commit(batchOf(6), NO_JOURNAL)
    assert.deepEqual(
      (await Promise.allSettled([tooEarly, complete, after])).map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    )
    await store.close(true)
    const again = world.store()
    const state = await again.open(NODE)
    assert.deepEqual([state!.clean, state!.sequence, valuesOf(state)], [true, 6, { 's.p': 'all' }])
    await again.close(true)
  },

  'a store that lost something is not closed cleanly': async (world) => {
    const store = world.store()
    await store.open(NODE)
    const mend = world.breakDisk()
    await assert.rejects(store.commit(batchOf(1), NO_JOURNAL))
    mend()
    await store.close(true)
    const again = world.store()
    assert.equal((await again.open(NODE))?.clean, false)
    await again.close(false)
  },
}

/** The same for a store that can fail. */
export function storeFailureContract(
  name: string,
  makeWorld: () => FailingStoreWorld | Promise<FailingStoreWorld>,
  runner: TestRunner,
): void {
  play(`${name}: what every store must do when it fails`, FAILURES, makeWorld, runner)
}
