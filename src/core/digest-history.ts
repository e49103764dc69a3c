import type { Hash64 } from './protocol.ts'

/** The digests that this node had lately: a member that shows one of them is merely behind. A ring without allocation. */
export class DigestHistory {
  private readonly lanes: Uint32Array
  private next = 0

  constructor(size: number) {
    this.lanes = new Uint32Array(2 * size)
  }

  note(lane1: number, lane2: number): void {
    this.lanes[this.next] = lane1
    this.lanes[this.next + 1] = lane2
    this.next = (this.next + 2) % this.lanes.length
  }

  has([lane1, lane2]: Hash64): boolean {
    const { lanes } = this
    for (let i = 0; i < lanes.length; i += 2) if (lanes[i] === lane1 && lanes[i + 1] === lane2) return true
    return false
  }
}
