import { decodeFrame, type EncodedFrame, encodeFrame } from '#codec/frame'
import type { Control } from '#codec/message'
import { ConfigSyncError, type ErrorCode } from '#core/errors'
import type { NodeId, RunId } from '#core/identity'
import type { Message } from '#core/protocol'
import { type AdapterCounters, countBatch, countRejection, countSent, newCounters } from './adapter-counters.ts'
import type { AdapterHandlers, MeshAdapterOptions, MessageHandler } from './adapter-options.ts'
import { ADAPTER_SETTINGS_DEFAULT, type AdapterSettings, batchLimits, withinBounds } from './adapter-settings.ts'
import { Batch, type GatheredUpdates, halves } from './batching.ts'
import { ClockOffsets } from './clock-offsets.ts'
import { type DeliverySample, type DeliveryView, DeliveryWindow } from './delivery.ts'
import { FineClock } from './fine-clock.ts'
import type { Mesh } from './mesh.ts'
import { Outbox } from './outbox.ts'
import { AwaitedReceipts, HandledNumbers, ReceiptSampling } from './receipts.ts'
import { type Scheduler, systemScheduler } from './scheduler.ts'

export type { AdapterHandlers, MeshAdapterOptions, MessageHandler } from './adapter-options.ts'

const FIRST_NUMBER_BELOW = 2 ** 32

/**
 * Carries messages over a mesh: gathers updates into frames, encodes, compresses, splits what is too large, sends
 * direct questions again until they are confirmed, and measures delivery. docs/protocol.md has what it says on the wire.
 */
export class MeshAdapter {
  readonly nodeId: NodeId
  readonly runId: RunId
  readonly cluster: string
  private readonly mesh: Mesh
  private readonly scheduler: Scheduler
  private readonly random: () => number
  private readonly listeners = new Set<MessageHandler>()
  private readonly batch: Batch
  private readonly outbox = new Outbox()
  private readonly awaited: AwaitedReceipts
  private readonly handled = new HandledNumbers()
  private readonly sampling = new ReceiptSampling()
  private readonly window = new DeliveryWindow()
  private readonly counts: AdapterCounters = newCounters()
  readonly clock: FineClock
  readonly clockOffsets = new ClockOffsets()
  private current: AdapterSettings
  private handlers: AdapterHandlers | undefined

  constructor(options: MeshAdapterOptions) {
    this.nodeId = options.nodeId
    this.runId = options.runId
    this.cluster = options.cluster
    this.mesh = options.mesh
    this.scheduler = options.scheduler ?? systemScheduler
    this.random = options.random ?? Math.random
    this.clock = new FineClock(options.wallClock ?? Date.now, this.scheduler)
    this.current = withinBounds(ADAPTER_SETTINGS_DEFAULT, options.settings ?? {})
    this.batch = new Batch(
      this.scheduler,
      () => batchLimits(this.current),
      () => this.flush(),
    )
    this.awaited = new AwaitedReceipts(this.scheduler, Math.floor(this.random() * FIRST_NUMBER_BELOW), {
      resend: (to, frame) => this.resend(to, frame),
      measured: (sample) => this.measured(sample),
      roundTrip: (peer, peerClockMs, elapsedMs) =>
        this.clockOffsets.measured(peer, peerClockMs, this.clock.readMs(), elapsedMs, this.scheduler.nowMs()),
    })
  }

  get settings(): AdapterSettings {
    return this.current
  }

  get address(): string {
    return this.mesh.address
  }

  get presenceBudget(): number {
    return this.mesh.presenceBudget
  }

  /** Takes changed settings from now on, each pulled into its built-in bounds. */
  configure(changes: Partial<AdapterSettings>): void {
    this.current = withinBounds(this.current, changes)
  }

  /**
   * Resolves when peers can reach this node. May be called again after stop().
   *
   * @throws ConfigSyncError of the mesh: a port that is taken, a certificate that is invalid …
   */
  async start(handlers: AdapterHandlers): Promise<void> {
    this.handlers = handlers
    const identity = { nodeId: this.nodeId, runId: this.runId, cluster: this.cluster }
    try {
      await this.mesh.start(identity, {
        onFrame: (from, frame) => this.receive(from, frame),
        onPeerUp: (peer) => this.guard(peer, () => handlers.onPeerUp(peer)),
        onPeerDown: (peer) => this.peerDown(peer),
        onTrouble: (error, peer) => this.trouble(error, peer),
        onTurnedAway: (refusal) => this.guard(undefined, () => handlers.onTurnedAway?.(refusal)),
      })
    } catch (error) {
      this.handlers = undefined
      throw error
    }
  }

  /** Sends what waits, then stops the mesh; nothing is left open afterwards. */
  async stop(): Promise<void> {
    if (this.handlers !== undefined) this.flush()
    this.handlers = undefined
    this.awaited.clear()
    await this.mesh.stop()
  }

  /** Adds a listener beside the handler of start(); returns what takes it off again. */
  onMessage(handler: MessageHandler): () => void {
    this.listeners.add(handler)
    return () => this.listeners.delete(handler)
  }

  /** The peers that can be reached now. */
  peers(): readonly NodeId[] {
    return this.mesh.peers()
  }

  learnAddresses(addresses: readonly string[]): void {
    this.mesh.learnAddresses(addresses)
  }

  /**
   * Sends to every peer. Updates after a quiet time leave at once, others are gathered; any other message leaves at
   * once and takes along what was gathered. Nothing is sent before start() and after stop().
   */
  broadcast(message: Message): void {
    if (this.handlers === undefined) return
    if (message.type !== 'updates') this.flush(message)
    else if (message.updates.length > 0) this.batch.add(message.updates)
  }

  /** Sends to one peer, best effort; a pull request or a probe is sent again until it is confirmed. */
  send(to: NodeId, message: Message): void {
    if (this.handlers === undefined) return
    this.outbox.add(to, message)
    this.flushOutbox()
  }

  delivery(): DeliveryView {
    const { framesSent, framesReceived, bytesSent, bytesReceived, retries, receipts } = this.counts
    const measured = this.window.view(this.scheduler.nowMs())
    return { ...measured, framesSent, framesReceived, bytesSent, bytesReceived, retries, receipts }
  }

  /** Since this adapter was made; a live view. */
  counters(): Readonly<AdapterCounters> {
    return this.counts
  }

  private flush(also?: Message): void {
    const nowMs = this.scheduler.nowMs()
    const gathered = this.batch.take()
    const messages: Message[] = []
    if (gathered !== undefined) {
      messages.push({ type: 'updates', updates: gathered.updates })
      countBatch(this.counts, gathered.updates.length, nowMs - gathered.sinceMs)
    }
    if (also !== undefined) messages.push(also)
    if (messages.length > 0) this.broadcastFrame(messages, gathered ?? { sinceMs: nowMs, lateMs: 0 })
  }

  private broadcastFrame(messages: readonly Message[], waited: Pick<GatheredUpdates, 'sinceMs' | 'lateMs'>): void {
    const request = this.requestOfAnyPeer()
    const frame = this.encode(messages, request === undefined ? [] : [request], (part) =>
      this.broadcastFrame(part, waited),
    )
    if (frame === undefined) return
    countSent(this.counts, frame.bytes, frame.compressed)
    if (request === undefined) return this.mesh.broadcast(frame.bytes)
    const { to, number } = request
    const { sinceMs: handedOverMs, lateMs } = waited
    const sentMs = this.scheduler.nowMs()
    this.awaited.await(number, { to, frame: frame.bytes, handedOverMs, sentMs, lateMs, topic: undefined }, this.current)
    const { awaited } = this
    this.mesh.broadcast(frame.bytes, { to, onTurn: () => awaited.turn(number), onLeft: () => awaited.left(number) })
  }

  private requestOfAnyPeer(): Extract<Control, { type: 'receiptRequest' }> | undefined {
    const nowMs = this.scheduler.nowMs()
    if (!this.sampling.due(nowMs, this.current.receiptEvery)) return undefined
    const peers = this.mesh.peers()
    const peer = peers[Math.floor(this.random() * peers.length)]
    if (peer === undefined) return undefined
    this.sampling.asked(nowMs)
    return this.awaited.request(peer)
  }

  private flushOutbox(): void {
    for (const { to, messages, controls } of this.outbox.take(this.scheduler.nowMs()))
      this.unicastFrame(to, messages, controls)
  }

  private unicastFrame(to: NodeId, messages: readonly Message[], controls: readonly Control[]): void {
    const topic = topicOf(to, messages)
    const request = topic === undefined ? undefined : this.awaited.request(to)
    const frame = this.encode(messages, request === undefined ? controls : [...controls, request], (part) =>
      this.unicastFrame(to, part, []),
    )
    if (frame === undefined) return
    const nowMs = this.scheduler.nowMs()
    if (request !== undefined)
      this.awaited.await(
        request.number,
        { to, frame: frame.bytes, handedOverMs: nowMs, sentMs: nowMs, lateMs: 0, topic },
        this.current,
      )
    countSent(this.counts, frame.bytes, frame.compressed)
    this.mesh.send(to, frame.bytes)
  }

  /** One frame, or undefined when it had to go in parts, or a part had to be left out and reported. */
  private encode(
    messages: readonly Message[],
    controls: readonly Control[],
    sendPart: (part: readonly Message[]) => void,
  ): EncodedFrame | undefined {
    try {
      return encodeFrame([...messages, ...controls], this.current.compressionThresholdBytes)
    } catch (error) {
      const parts = halves(messages)
      if (parts !== undefined) for (const part of parts) sendPart(part)
      else if (error instanceof ConfigSyncError) this.rejected(error.code, error.detail, undefined)
      else throw error
      return undefined
    }
  }

  private resend(to: NodeId, frame: Uint8Array): void {
    this.counts.retries++
    countSent(this.counts, frame, false)
    this.mesh.send(to, frame)
  }

  private measured(sample: DeliverySample): void {
    const { elapsedMs } = sample
    if (elapsedMs !== undefined) this.counts.receipts++
    this.window.add({ atMs: this.scheduler.nowMs(), elapsedMs })
    this.handlers?.onDelivery?.(sample)
  }

  private receive(from: NodeId, bytes: Uint8Array): void {
    if (this.handlers === undefined) return
    this.counts.framesReceived++
    this.clock.note()
    this.counts.bytesReceived += bytes.length
    const frame = this.mesh.decode?.(bytes) ?? decodeFrame(bytes)
    if (frame.outcome === 'rejected') {
      this.rejected(frame.code, frame.detail, from)
      return
    }
    this.counts.messagesSkipped += frame.skipped
    // Answers wait for the end of the frame, so that the receipt travels with them.
    this.outbox.hold()
    if (this.takeControls(from, frame.controls)) for (const message of frame.messages) this.deliver(from, message)
    this.outbox.release()
    this.flushOutbox()
  }

  /** Whether the frame is to be handled: it is not, when it was before. */
  private takeControls(from: NodeId, controls: readonly Control[]): boolean {
    let fresh = true
    for (const control of controls) {
      if (control.type === 'receipt') this.awaited.confirm(from, control)
      else if (control.to === this.nodeId) {
        if (!this.handled.take(from, control.number)) fresh = false
        this.outbox.addReceipt(from, control.number, { wallMs: this.clock.readMs(), nowMs: this.scheduler.nowMs() })
      }
    }
    if (!fresh) this.counts.duplicates++
    return fresh
  }

  private deliver(from: NodeId, message: Message): void {
    if (message.type === 'heartbeat' && message.heartbeat.nodeId !== from) {
      this.rejected('FRAME_MALFORMED', `a heartbeat of ${message.heartbeat.nodeId}`, from)
      return
    }
    const onMessage = this.handlers?.onMessage
    if (onMessage !== undefined) this.guard(from, () => onMessage(from, message))
    for (const listener of this.listeners) this.guard(from, () => listener(from, message))
  }

  private peerDown(peer: NodeId): void {
    this.awaited.forgetPeer(peer)
    this.guard(peer, () => this.handlers?.onPeerDown(peer))
  }

  private rejected(code: ErrorCode, detail: string, from: NodeId | undefined): void {
    countRejection(this.counts, code)
    this.guard(from, () => this.handlers?.onRejected(code, detail, from))
  }

  /** What a handler throws is reported and ends there. */
  private guard(peer: NodeId | undefined, call: () => void): void {
    try {
      call()
    } catch (cause) {
      this.trouble(new ConfigSyncError('INTERNAL', `a handler threw: ${cause}`, { cause }), peer)
    }
  }

  private trouble(error: ConfigSyncError, peer: NodeId | undefined): void {
    try {
      this.handlers?.onTrouble(error, peer)
    } catch {
      // Whoever is told of troubles is in trouble: nobody is left to tell.
    }
  }
}

/** What is to be confirmed: a direct question. A newer one of its topic takes its place; the rest needs no confirmation. */
function topicOf(to: NodeId, messages: readonly Message[]): string | undefined {
  // A node pulls from one peer at a time, whichever that is.
  if (messages.some(({ type }) => type === 'pullRequest')) return 'pull'
  return messages.some(({ type }) => type === 'probe') ? `probe ${to}` : undefined
}
