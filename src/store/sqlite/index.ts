export { setStoreAside } from './data-folder.ts'
export { type Durability, SqliteStore, type SqliteStoreOptions } from './store.ts'
