import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { NodeId } from '#core/identity'
import { seededRandom } from '#mesh/seeded-random'
import { type Durability, SqliteStore } from '#store/sqlite/index'
import { DataFolders } from '../support/data-folders.ts'

const KILLS = Number(process.env['CONFIGSYNC_KILLS'] ?? 16)
const SEED = Number(process.env['CONFIGSYNC_FAULTS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const WRITER = fileURLToPath(new URL('store-process.ts', import.meta.url))
/** A log of 4 MiB has about sixty: the thread that writes it into the database is at it several times before each kill. */
const COMMITS_LEAST = 70
const COMMITS_MOST = 400

let folders: DataFolders
beforeEach(() => {
  folders = new DataFolders()
})
afterEach(() => folders.remove())

/** Kills a writer when it has been told of so many transactions; the last one. */
async function killAfter(commits: number, durability: Durability): Promise<number> {
  const writer = fork(WRITER, [folders.path(), durability], { execArgv: ['--conditions=source', '--no-warnings'] })
  const exited = once(writer, 'exit')
  let acknowledged = 0
  let count = 0
  writer.on('message', (sequence: number) => {
    acknowledged = sequence
    if (++count === commits) writer.kill('SIGKILL')
  })
  const [code, signal] = await exited
  expect([code, signal], 'the writer goes on until it is killed').toEqual([null, 'SIGKILL'])
  return acknowledged
}

it.each([
  ['process', KILLS],
  ['disk', Math.ceil(KILLS / 4)],
] as const)(
  'with durability %s: %d times killed while the log goes into the database, nothing is lost',
  async (durability, kills) => {
    const random = seededRandom(SEED)
    for (let kill = 1; kill <= kills; kill++) {
      const acknowledged = await killAfter(
        COMMITS_LEAST + Math.floor(random() * (COMMITS_MOST - COMMITS_LEAST)),
        durability,
      )
      const store = new SqliteStore({ path: folders.path() })
      const state = await store.open('node-1' as NodeId)
      const where = `kill ${kill}, seed ${SEED}`
      expect(state!.sequence, where).toBeGreaterThanOrEqual(acknowledged)
      expect([state!.clean, state!.epoch, state!.seen[0]!.contiguous], where).toEqual([
        false,
        state!.sequence,
        state!.sequence,
      ])
      const values = state!.updates.map(({ value }) => Number((value as string).replaceAll('.', '')))
      expect(values, where).toEqual(Array(4).fill(state!.sequence))
      await store.close(false)
    }
  },
)
