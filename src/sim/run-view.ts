import type { Schedule } from './schedule.ts'
import type { SimulatedMachine } from './simulated-machine.ts'
import type { TrafficLog } from './traffic-log.ts'
import type { VirtualMesh } from './virtual-mesh.ts'
import type { WriteLedger } from './write-ledger.ts'

/** H, the heartbeat interval, of every scheduled run: the default of a local network. Milliseconds. */
export const H = 1_000

/** A member that a node gave up, and whether anything was wrong that could excuse it. */
export interface Removal {
  readonly atMs: number
  readonly by: string
  readonly removed: string
  readonly excuse: string | undefined
}

/** What checkers look at. */
export interface RunView {
  readonly schedule: Schedule
  readonly mesh: VirtualMesh
  readonly machines: readonly SimulatedMachine[]
  readonly ledger: WriteLedger
  readonly traffic: TrafficLog
  readonly removals: readonly Removal[]
  /** frames that arrived with a bit turned over, and how many of them were refused as such */
  readonly flipped: { readonly frames: number; readonly refused: number }
  readonly nowMs: number
}
