import { MemoryNetwork } from '#mesh/memory'
import type { ConfigSync } from '#node/api'
import { ConfigSyncManager } from '#node/manager'

/** A node of its own, or of a network that others are on, quick in all it does. */
export const createNode = (network = new MemoryNetwork(), nodeId = 'node-1'): ConfigSync =>
  new ConfigSyncManager({ nodeId, cluster: 'test', mesh: network.mesh(), preset: 'test' })
