import assert from 'node:assert/strict'
import type { ConfigSyncError } from '#core/errors'
import type { TurnedAway } from '#core/exclusion'
import type { NodeId, RunId } from '#core/identity'
import type { Mesh, MeshHandlers } from '#mesh/mesh'

/** One node of a contract's test: a mesh, and everything that it told. */
export class MeshMember implements MeshHandlers {
  readonly nodeId: NodeId
  readonly cluster: string
  readonly mesh: Mesh
  readonly frames: { readonly from: NodeId; readonly frame: Buffer }[] = []
  readonly events: string[] = []
  readonly troubles: ConfigSyncError[] = []
  readonly refusals: TurnedAway[] = []
  /** handlers that were called from within a call into a mesh, or from another handler; always empty */
  readonly reentrant: string[] = []

  constructor(mesh: Mesh, nodeId: string, cluster: string) {
    this.mesh = mesh
    this.nodeId = nodeId as NodeId
    this.cluster = cluster
  }

  start(): Promise<void> {
    return this.#call(() => this.mesh.start({ nodeId: this.nodeId, runId: nextRunId(), cluster: this.cluster }, this))
  }

  stop(): Promise<void> {
    return this.#call(() => this.mesh.stop())
  }

  broadcast(frame: Uint8Array): void {
    this.#call(() => this.mesh.broadcast(frame))
  }

  send(to: NodeId, frame: Uint8Array): boolean {
    return this.#call(() => this.mesh.send(to, frame))
  }

  /** Whether exactly these are peers now. */
  sees(...members: readonly MeshMember[]): boolean {
    const expected = members.map((member) => member.nodeId).sort()
    return [...this.mesh.peers()].sort().join() === expected.join()
  }

  textsFrom(member: MeshMember): string[] {
    return this.frames.filter(({ from }) => from === member.nodeId).map(({ frame }) => frame.toString())
  }

  hasTrouble(code: string): boolean {
    return this.troubles.some((error) => error.code === code)
  }

  onFrame(from: NodeId, frame: Uint8Array): void {
    this.#handle(`frame from ${from}`, () => this.frames.push({ from, frame: Buffer.from(frame) }))
  }

  onPeerUp(peer: NodeId): void {
    this.#handle(`up ${peer}`, () => this.events.push(`up ${peer}`))
  }

  onPeerDown(peer: NodeId): void {
    this.#handle(`down ${peer}`, () => this.events.push(`down ${peer}`))
  }

  onTrouble(error: ConfigSyncError): void {
    this.#handle(`trouble ${error.code}`, () => this.troubles.push(error))
  }

  onTurnedAway(refusal: TurnedAway): void {
    this.#handle(`turned away by ${refusal.by}`, () => this.refusals.push(refusal))
  }

  #handle(what: string, action: () => void): void {
    if (inside.call || inside.handler) this.reentrant.push(what)
    inside.handler = true
    action()
    inside.handler = false
  }

  #call<T>(action: () => T): T {
    inside.call = true
    try {
      return action()
    } finally {
      inside.call = false
    }
  }
}

/** Of all members of this process: a mesh within it must not let one member's call run into another's handler. */
const inside = { call: false, handler: false }

let runs = 0
const nextRunId = (): RunId => (++runs).toString(16).padStart(16, '0') as RunId

/** Waits for a condition, and fails with its description when it does not come about. */
export async function eventually(what: string, holds: () => boolean, withinMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  while (!holds()) {
    assert.ok(performance.now() < deadlineMs, `within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
