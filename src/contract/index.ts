export { type MeshWorld, meshContract, type TestRunner } from './mesh.ts'
export { storeContract } from './store.ts'
export { storeFailureContract } from './store-failure.ts'
export type { FailingStoreWorld, StoreWorld } from './store-world.ts'
