import type { ConfigSyncError, ErrorCode } from '#core/errors'
import type { NodeId, RunId, Sequence } from '#core/identity'
import type { JsonValue } from '#core/json'
import type { Message } from '#core/protocol'
import type { Update } from '#core/update'
import { type AdapterHandlers, MeshAdapter, type MeshAdapterOptions } from '#mesh/adapter'
import { MemoryNetwork } from '#mesh/memory'
import { VirtualScheduler } from '#mesh/virtual-scheduler'
import { sibling } from '../../support/siblings.ts'

/** Frames that a node sent, before any fault. */
export interface Wiretap {
  readonly atMs: number
  readonly from: NodeId
  readonly to: NodeId
  readonly bytes: Uint8Array
}

export interface TestNode {
  readonly adapter: MeshAdapter
  readonly heard: { readonly from: NodeId; readonly message: Message; readonly atMs: number }[]
  readonly rejected: { readonly code: ErrorCode; readonly detail: string; readonly from: NodeId | undefined }[]
  readonly troubles: ConfigSyncError[]
}

/** Adapters over one memory network in virtual time, with every frame on record. */
export class AdapterMesh {
  readonly scheduler = new VirtualScheduler()
  readonly network = new MemoryNetwork({ scheduler: this.scheduler })
  readonly wire: Wiretap[] = []
  /** decides what arrives */
  passes: (frame: Wiretap) => boolean = () => true

  constructor() {
    this.network.filter = (from, to, bytes) => {
      const frame = { atMs: this.scheduler.nowMs(), from, to, bytes: Uint8Array.from(bytes) }
      this.wire.push(frame)
      return this.passes(frame)
    }
  }

  async node(
    name: string,
    options: Partial<MeshAdapterOptions> = {},
    handlers: Partial<AdapterHandlers> = {},
  ): Promise<TestNode> {
    const adapter = new MeshAdapter({
      mesh: this.network.mesh(),
      nodeId: name as NodeId,
      runId: '00000000000000aa' as RunId,
      cluster: 'test',
      scheduler: this.scheduler,
      random: () => 0,
      ...options,
    })
    const node: TestNode = { adapter, heard: [], rejected: [], troubles: [] }
    await adapter.start({
      onMessage: (from, message) => node.heard.push({ from, message, atMs: this.scheduler.nowMs() }),
      onPeerUp: () => {},
      onPeerDown: () => {},
      onRejected: (code, detail, from) => node.rejected.push({ code, detail, from }),
      onTrouble: (error) => node.troubles.push(error),
      ...handlers,
    })
    this.scheduler.advanceBy(0)
    return node
  }

  /** Frames sent so far by one node to another. */
  sent(from: string, to: string): Wiretap[] {
    return this.wire.filter((frame) => frame.from === from && frame.to === to)
  }
}

export const id = (name: string): NodeId => name as NodeId

export const write = (sequence: number, value: JsonValue = 'a value of 16 by'): Update =>
  sibling('a', value, { sequence })

export const updates = (...list: Update[]): Message => ({ type: 'updates', updates: list })

/** One call's changes: consecutive sequences that stay together. */
export function group(first: number, size: number, value?: JsonValue): Update[] {
  return Array.from({ length: size }, (_, i) => ({
    ...write(first + i, value),
    parameter: `p${i}`,
    group: { first: first as Sequence, size },
  }))
}

/** The sequences of each message of updates, in the order of arrival. */
export const sequencesHeard = (node: TestNode): number[][] =>
  node.heard.map(({ message }) => (message.type === 'updates' ? message.updates.map((update) => update.sequence) : []))
