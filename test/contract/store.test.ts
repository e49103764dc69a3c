import { describe, it } from 'vitest'
import { storeContract, storeFailureContract } from '#contract/index'
import { MemoryStore } from '#store/memory'
import { type Durability, SqliteStore } from '#store/sqlite/index'
import { DataFolders } from '../support/data-folders.ts'

storeContract(
  'memory',
  () => {
    const store = new MemoryStore()
    return { store: () => store, killed: () => store.copy() }
  },
  { describe, it },
)

function sqliteWorld(durability: Durability) {
  const folders = new DataFolders()
  return {
    store: () => new SqliteStore({ path: folders.path(), durability }),
    killed: () => new SqliteStore({ path: folders.copy(folders.path()), durability }),
    breakDisk: () => folders.hold(folders.path()),
    close: () => folders.remove(),
  }
}

for (const durability of ['process', 'disk'] as const) {
  storeContract(`sqlite, durability ${durability}`, () => sqliteWorld(durability), { describe, it })
  storeFailureContract(`sqlite, durability ${durability}`, () => sqliteWorld(durability), { describe, it })
}
