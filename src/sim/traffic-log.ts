import type { Message, MessageType } from '#core/protocol'

/** Messages of one node by type; broadcasts counted once. A pull of many parts is one `pull`. */
export type TrafficCounts = Partial<Record<MessageType | 'pull', number>>

/** What each node said, since it was last asked. */
export class TrafficLog {
  private readonly byNode = new Map<string, TrafficCounts>()

  note(nodeId: string, message: Message): void {
    const counts = this.of(nodeId)
    counts[message.type] = (counts[message.type] ?? 0) + 1
    if (message.type === 'pullRequest' && message.request.snapshot === undefined) counts.pull = (counts.pull ?? 0) + 1
  }

  /** Live. */
  of(nodeId: string): TrafficCounts {
    let counts = this.byNode.get(nodeId)
    if (counts === undefined) {
      counts = {}
      this.byNode.set(nodeId, counts)
    }
    return counts
  }

  clear(): void {
    this.byNode.clear()
  }
}
