export { type MeshWorld, meshContract, type TestRunner } from './mesh.ts'
