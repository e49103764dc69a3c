import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TOMBSTONE_RETENTION_MS } from '#core/limits'
import type { ConfigSyncManager } from '#node/manager'
import { VirtualMesh } from '#sim/virtual-mesh'
import { MemoryStore } from '#store/memory'
import { SqliteStore } from '#store/sqlite/index'
import type { Store } from '#store/store'
import { coded } from '../../support/coded.ts'
import { DataFolders } from '../../support/data-folders.ts'

const SEED = 20_260_101

let folders: DataFolders
let mesh: VirtualMesh

beforeEach(() => {
  folders = new DataFolders()
})
afterEach(async () => {
  mesh.assertSound()
  await mesh.stop()
  folders.remove()
})

/** Node 0 has a store, the others none. */
async function meshWith(store: Store, nodes = 3): Promise<VirtualMesh> {
  mesh = await new VirtualMesh({ nodes, seed: SEED, node: (index) => (index === 0 ? { store } : {}) }).start()
  mesh.until('everybody knows everybody', 10_000, () =>
    mesh.nodes.every((node) => node.status().members.length === nodes),
  )
  return mesh
}

const sqlite = (path = folders.path()): SqliteStore => new SqliteStore({ path })
const originOf = (node: ConfigSyncManager): string => node.status().origin!

async function equalAfter(ms = 10_000): Promise<void> {
  mesh.until('all are equal', ms, () => mesh.equal)
}

describe('numbers are never used again', () => {
  it('after a clean stop the node goes on as the same origin', async () => {
    await meshWith(sqlite())
    await mesh.nodes[0]!.publishUpdate('s', 'a', 1)
    const origin = originOf(mesh.nodes[0]!)
    await mesh.stopNode(mesh.nodes[0]!)
    const back = await mesh.startNode(0, { store: sqlite() })
    expect(back.get('s', 'a')).toBe(1)
    const update = await back.publishUpdate('s', 'a', 2)
    expect([update.origin, update.sequence]).toEqual([origin, 2])
    await equalAfter()
    expect(mesh.has('s', 'a', 2)).toBe(true)
  })

  it('also when it had only to see that its port is taken in between', async () => {
    await meshWith(sqlite())
    await mesh.nodes[0]!.publishUpdate('s', 'a', 1)
    const origin = originOf(mesh.nodes[0]!)
    await mesh.stopNode(mesh.nodes[0]!)
    const taken = mesh.network.mesh()
    taken.start = () => Promise.reject(new Error('taken'))
    await expect(mesh.startNode(0, { store: sqlite(), mesh: taken })).rejects.toThrow('taken')
    const back = await mesh.startNode(0, { store: sqlite() })
    expect((await back.publishUpdate('s', 'a', 2)).origin).toBe(origin)
  })

  it('after a kill it takes a new one, and what it had broadcast and not stored comes back as the old one', async () => {
    await meshWith(sqlite())
    const first = mesh.nodes[0]!
    await first.publishUpdate('s', 'stored', 1)
    const left = folders.copy(folders.path())
    await first.publishUpdate('s', 'broadcast', 2)
    await first.publishUpdate('s', 'stored', 3)
    mesh.run(100)
    const origin = originOf(first)
    await mesh.crash(first)
    const back = await mesh.startNode(0, { store: sqlite(left) })
    expect([back.get('s', 'stored'), back.get('s', 'broadcast'), originOf(back)]).toEqual([1, undefined, undefined])
    await equalAfter()
    expect(back.inspect('s', 'broadcast')?.update).toMatchObject({ value: 2, origin, sequence: 2 })
    expect(back.get('s', 'stored')).toBe(3)
    const update = await back.publishUpdate('s', 'after', 4)
    expect([update.origin === origin, update.sequence]).toEqual([false, 1])
    await equalAfter()
    expect(back.status().rejected.ORIGIN_REPLACED).toBeUndefined()
  })

  it('a restored backup is known to be a copy, says so, and takes a new one; nothing is lost', async () => {
    const { origin, backup } = await olderByTwoWrites()
    const back = await mesh.startNode(0, { store: sqlite(backup) })
    expect([back.get('s', 'a'), originOf(back)]).toEqual(['in the backup', undefined])
    expect(back.status().rejected.ORIGIN_REPLACED).toBe(1)
    // Before it has heard of anything: a number used again would be lost here, and nobody would notice.
    const update = await back.publishUpdate('s', 'c', 1)
    expect(update.origin).not.toBe(origin)
    await equalAfter()
    expect(mesh.has('s', 'a', 'after the backup') && mesh.has('s', 'b', 'after the backup')).toBe(true)
    expect(mesh.has('s', 'c', 1)).toBe(true)
  })

  it('a disk that was put back under the file is noticed when the node meets its own numbers', async () => {
    const { origin, backup } = await olderByTwoWrites()
    writeFileSync(join(folders.path(), 'state.db'), readFileSync(join(backup, 'state.db')))
    const back = await mesh.startNode(0, { store: sqlite() })
    const errors: string[] = []
    back.on('error', ({ code }) => errors.push(code))
    expect([back.get('s', 'a'), originOf(back)]).toEqual(['in the backup', origin])
    await equalAfter()
    expect(errors).toEqual(['ORIGIN_REPLACED'])
    expect(mesh.has('s', 'a', 'after the backup')).toBe(true)
    expect((await back.publishUpdate('s', 'c', 1)).origin).not.toBe(origin)
    await equalAfter()
    expect(mesh.has('s', 'b', 'after the backup') && mesh.has('s', 'c', 1)).toBe(true)
  })

  /** A backup of node 0, stopped cleanly, that lacks what it wrote afterwards. */
  async function olderByTwoWrites(): Promise<{ readonly origin: string; readonly backup: string }> {
    await meshWith(sqlite())
    await mesh.nodes[0]!.publishUpdate('s', 'a', 'in the backup')
    await mesh.stopNode(mesh.nodes[0]!)
    const backup = folders.copy(folders.path())
    const later = await mesh.startNode(0, { store: sqlite() })
    await later.publishUpdate('s', 'a', 'after the backup')
    await later.publishUpdate('s', 'b', 'after the backup')
    mesh.run(100)
    const origin = originOf(later)
    await mesh.stopNode(later)
    return { origin, backup }
  }

  it('the store of another node is taken over, under an origin of the own name, and said', async () => {
    await meshWith(sqlite())
    await mesh.nodes[0]!.publishUpdate('s', 'a', 1)
    const origin = originOf(mesh.nodes[0]!)
    await mesh.stopNode(mesh.nodes[0]!)
    const other = await mesh.startNode(3, { store: sqlite() })
    expect(other.status().rejected.STORE_OTHER_NODE).toBe(1)
    expect(other.get('s', 'a')).toBe(1)
    const update = await other.publishUpdate('s', 'a', 2)
    expect(update.origin.startsWith('node-004~')).toBe(true)
    await equalAfter()
    await mesh.stopNode(other)
    const home = await mesh.startNode(0, { store: sqlite() })
    expect([home.status().rejected.STORE_OTHER_NODE, home.get('s', 'a')]).toEqual([1, 2])
    expect((await home.publishUpdate('s', 'a', 3)).origin).not.toBe(origin)
    await equalAfter()
  })
})

describe('a store that fails while the node runs', () => {
  it('refuses no write, says so, and has everything once it can', async () => {
    const store = sqlite()
    await meshWith(store)
    const node = mesh.nodes[0]!
    const events: string[] = []
    node.on('error', ({ code }) => events.push(code))
    node.on('storeRecovered', () => events.push('recovered'))
    await node.publishUpdate('s', 'before', 1)
    const mend = folders.hold(folders.path())
    await expect(node.publishUpdate('s', 'during', 2)).rejects.toThrow(coded('STORE_FAILED', /locked/))
    await expect(node.publishUpdate('s', 'during', 3)).rejects.toThrow(coded('STORE_FAILED', /locked/))
    await mesh.nodes[1]!.publishUpdate('s', 'theirs', 4)
    await equalAfter()
    expect(mesh.has('s', 'during', 3)).toBe(true)
    expect(node.status().store).toEqual({ name: 'sqlite', failure: expect.stringContaining('locked') })
    await expectStored(1, { before: 1 })
    // It tries, and fails again, and says nothing new.
    mesh.run(1_500)
    await vi.waitFor(() => expect(node.status().store!.failure).toContain('locked'))
    await setImmediate()
    mend()
    mesh.run(60_000)
    await vi.waitFor(() => expect(node.status().store!.failure).toBeUndefined())
    expect(events).toEqual(['STORE_FAILED', 'recovered'])
    await node.publishUpdate('s', 'after', 5)
    await expectStored(4, { before: 1, during: 3, theirs: 4, after: 5 })
    expect((await node.history('s', 'after')).length).toBe(1)
  })

  it('is stored at the latest when the node stops, which is a clean stop then', async () => {
    await meshWith(sqlite())
    const node = mesh.nodes[0]!
    const mend = folders.hold(folders.path())
    await expect(node.publishUpdate('s', 'a', 1)).rejects.toThrow(coded('STORE_FAILED', /./))
    mend()
    await mesh.stopNode(node)
    const store = sqlite()
    const state = await store.open(mesh.core(node).self.nodeId)
    expect([state!.clean, state!.sequence]).toEqual([true, 1])
    await store.close(false)
  })

  it('and still fails when the node stops: the next start takes a new incarnation', async () => {
    await meshWith(sqlite())
    const node = mesh.nodes[0]!
    await node.publishUpdate('s', 'a', 1)
    const mend = folders.hold(folders.path())
    await expect(node.publishUpdate('s', 'a', 2)).rejects.toThrow(coded('STORE_FAILED', /./))
    mesh.run(100)
    await mesh.stopNode(node)
    mend()
    const back = await mesh.startNode(0, { store: sqlite() })
    await equalAfter()
    expect([back.get('s', 'a'), originOf(back)]).toEqual([2, undefined])
  })

  async function expectStored(sequence: number, values: Record<string, unknown>): Promise<void> {
    const copy = sqlite(folders.copy(folders.path()))
    const state = await copy.open(mesh.core(mesh.nodes[0]!).self.nodeId)
    expect(state!.sequence).toBe(sequence)
    const stored = state!.updates.filter(({ section }) => section === 's')
    expect(Object.fromEntries(stored.map(({ parameter, value }) => [parameter, value]))).toEqual(values)
    for (const { origin, contiguous } of state!.seen)
      for (const update of mesh.core(mesh.nodes[0]!).replica.live())
        if (update.origin === origin && update.sequence <= contiguous)
          expect(state!.updates.map(({ sequence: number }) => number)).toContain(update.sequence)
    await copy.close(false)
  }
})

describe('deletes, and who was away for longer than their tombstones', () => {
  const stores = {
    memory: () => {
      const store = new MemoryStore()
      return { store, killed: () => store.copy(), again: () => store }
    },
    sqlite: () => ({ store: sqlite(), killed: () => sqlite(folders.copy(folders.path())), again: () => sqlite() }),
  }

  it.each(Object.keys(stores) as (keyof typeof stores)[])(
    '%s: brings nothing back, loses no write of its own, and says that a full exchange took place',
    async (kind) => {
      const { store, killed } = stores[kind]()
      await meshWith(store)
      const [away, a, b] = mesh.nodes as [ConfigSyncManager, ConfigSyncManager, ConfigSyncManager]
      await a.publishUpdate('mesh', 'heartbeat_interval_ms', 60_000)
      await away.publishUpdate('s', 'deleted', 'old')
      await a.publishUpdate('s', 'kept', 'old')
      await equalAfter(300_000)
      await mesh.crash(away)
      // Nobody hears these: one is a write of its own, the other one meets the delete.
      await away.publishUpdate('s', 'own', 'written alone')
      await away.publishUpdate('s', 'kept', 'written alone')
      const left = killed()
      await b.deleteParameter('s', 'deleted')
      await b.deleteParameter('s', 'kept')
      mesh.run(TOMBSTONE_RETENTION_MS + 4 * 3_600_000)
      expect(mesh.core(a).replica.tombstones.size, 'the tombstones are gone').toBe(0)
      const back = await mesh.startNode(0, { store: left })
      expect(back.get('s', 'deleted')).toBe('old')
      mesh.until('all are equal', 600_000, () => mesh.equal)
      expect(mesh.has('s', 'deleted', undefined)).toBe(true)
      expect(mesh.has('s', 'own', 'written alone')).toBe(true)
      expect(mesh.has('s', 'kept', 'written alone')).toBe(true)
      expect(back.status()).toMatchObject({
        fullExchanges: 1,
        lastFullExchange: { from: expect.stringMatching(/node-00[23]/) },
      })
    },
  )

  it.each(Object.keys(stores) as (keyof typeof stores)[])(
    '%s: what was collected survives a restart, and so does what it forbids',
    async (kind) => {
      const { store, again } = stores[kind]()
      await meshWith(store)
      const [keeper, a] = mesh.nodes as [ConfigSyncManager, ConfigSyncManager, ConfigSyncManager]
      await keeper.publishUpdate('mesh', 'heartbeat_interval_ms', 60_000)
      await keeper.publishUpdate('s', 'deleted', 'old')
      await equalAfter(300_000)
      await a.deleteParameter('s', 'deleted')
      await equalAfter(300_000)
      mesh.run(TOMBSTONE_RETENTION_MS + 4 * 3_600_000)
      const collected = new Map(mesh.core(keeper).replica.collected)
      expect(collected.size).toBeGreaterThan(0)
      await mesh.stopNode(keeper)
      const back = await mesh.startNode(0, { store: again() })
      const { replica } = mesh.core(back)
      expect(new Map(replica.collected)).toEqual(collected)
      // I4, and the use of it: a write to a parameter without siblings has seen what was collected.
      for (const [origin, sequence] of collected)
        expect(replica.seen.state(origin).contiguous).toBeGreaterThanOrEqual(sequence)
      const { versionVector } = await back.publishUpdate('s', 'deleted', 'new')
      for (const [origin, sequence] of collected) expect(versionVector[origin]).toBeGreaterThanOrEqual(sequence)
      await equalAfter(600_000)
      expect(mesh.has('s', 'deleted', 'new')).toBe(true)
    },
  )
})
