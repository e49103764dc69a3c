import type { ConfigSyncError, ErrorCode } from '#core/errors'
import type { TurnedAway } from '#core/exclusion'
import type { NodeId } from '#core/identity'
import type { Message } from '#core/protocol'
import type { AdapterSettings } from './adapter-settings.ts'
import type { DeliverySample } from './delivery.ts'
import type { Mesh, MeshIdentity } from './mesh.ts'
import type { Scheduler } from './scheduler.ts'

export type MessageHandler = (from: NodeId, message: Message) => void

/** What the adapter tells the node above it. A handler that throws disturbs nothing but itself. */
export interface AdapterHandlers {
  onMessage?: MessageHandler
  onPeerUp(peer: NodeId): void
  onPeerDown(peer: NodeId): void
  /** A frame that was dropped, with the reason. Also called from within broadcast and send, for what does not fit. */
  onRejected(code: ErrorCode, detail: string, from: NodeId | undefined): void
  /** one sending was measured to its end */
  onDelivery?(sample: DeliverySample): void
  onTrouble(error: ConfigSyncError, peer: NodeId | undefined): void
  /** as MeshHandlers.onTurnedAway */
  onTurnedAway?(refusal: TurnedAway): void
}

export interface MeshAdapterOptions extends MeshIdentity {
  readonly mesh: Mesh
  readonly settings?: Partial<AdapterSettings>
  /** 0 … 1, as Math.random */
  readonly random?: () => number
  readonly scheduler?: Scheduler
  /** milliseconds since 1970; default: the machine's clock */
  readonly wallClock?: () => number
}
