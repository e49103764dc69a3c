import type { Message, MessageType } from '#core/protocol'

/** Messages of one node by type; broadcasts counted once. A pull of many parts is one `pull`. */
export type TrafficCounts = Partial<Record<MessageType | 'pull', number>>

/** How much of one type, by all nodes together. */
export interface TrafficTotal {
  messages: number
  bytes: number
}

/** What each node said, since it was last asked, and what all said since the beginning. */
export class TrafficLog {
  private readonly byNode = new Map<string, TrafficCounts>()

  readonly totals = new Map<MessageType, TrafficTotal>()
  /** sessions begun */
  pulls = 0

  /** @param bytes its share of the frame that it travels in */
  note(nodeId: string, message: Message, bytes: number): void {
    this.addTotal(message.type, bytes)
    const counts = this.of(nodeId)
    counts[message.type] = (counts[message.type] ?? 0) + 1
    if (message.type !== 'pullRequest' || message.request.snapshot !== undefined) return
    counts.pull = (counts.pull ?? 0) + 1
    this.pulls++
  }

  private addTotal(type: MessageType, bytes: number): void {
    const total = this.totals.get(type) ?? { messages: 0, bytes: 0 }
    this.totals.set(type, total)
    total.messages++
    total.bytes += bytes
  }

  /** Live, since the last `clear`. */
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
