import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import type { NodeId } from '#core/identity'
import type { AddressBook, AddressEntry } from './address-book.ts'
import type { Dial } from './connection.ts'
import type { TlsMeshLimits } from './limits.ts'

/** Whoever is given what a dialer connects. */
export interface DialerOwner {
  /** Connected, and encrypted where there are credentials; the other end's certificate has still to be judged. */
  onDialled(socket: Socket, dial: Dial): void
  /** Nobody to talk to at a joined address, for the first time since somebody was. */
  onUnreachable(address: string, reason: string): void
  /** TLS itself failed; true when that was said, so that the address does not count as silent. */
  onHandshakeFailed(error: NodeJS.ErrnoException, address: string): boolean
  isUp(nodeId: NodeId): boolean
}

/** What the dialer keeps of an address. An address rests while its node is a peer, and is dialled again when it is not. */
interface Attempt {
  readonly entry: AddressEntry
  /** a connection dialled there exists, in whatever state */
  busy: boolean
  waitMs: number
  timer: NodeJS.Timeout | undefined
  /** since when nobody answers; undefined while somebody does */
  silentSinceMs: number | undefined
  said: boolean
}

/** Connects every address of the book that leads to nobody yet, over and over. */
export class Dialer {
  readonly #book: AddressBook
  readonly #owner: DialerOwner
  readonly #limits: TlsMeshLimits
  readonly #context: (() => SecureContext) | undefined
  readonly #attempts = new Map<string, Attempt>()
  readonly #connecting = new Set<Socket>()
  #dialled = 0
  #stopped = false

  /** @param context the credentials of the moment; undefined: in the clear */
  constructor(
    book: AddressBook,
    owner: DialerOwner,
    limits: TlsMeshLimits,
    context: (() => SecureContext) | undefined,
  ) {
    this.#book = book
    this.#owner = owner
    this.#limits = limits
    this.#context = context
  }

  /** Notes addresses and dials those that are new. */
  learn(addresses: readonly string[], joined = false): void {
    for (const address of addresses) {
      const entry = this.#book.learn(address, performance.now(), joined)
      if (entry === undefined) continue
      const attempt = { entry, busy: false, waitMs: 0, timer: undefined, silentSinceMs: undefined, said: false }
      this.#attempts.set(entry.address, attempt)
      this.#schedule(attempt)
    }
  }

  /** A connection was dialled there and led to a peer, or to a refusal: somebody is there. */
  answered(address: string, opened: boolean): void {
    const attempt = this.#attempts.get(address)
    if (attempt === undefined) return
    attempt.silentSinceMs = undefined
    attempt.said = false
    if (opened) attempt.waitMs = this.#limits.redialLeastMs
  }

  /** A connection that was dialled there is gone, after `answered` or without it. */
  released(address: string, failure: string | undefined): void {
    const attempt = this.#attempts.get(address)
    if (attempt === undefined) return
    attempt.busy = false
    if (failure !== undefined) this.#noteSilence(attempt, failure)
    this.#schedule(attempt)
  }

  peerDown(nodeId: NodeId): void {
    for (const entry of this.#book.entriesOf(nodeId)) {
      const attempt = this.#attempts.get(entry.address)
      if (attempt !== undefined) this.#schedule(attempt)
    }
  }

  stop(): void {
    this.#stopped = true
    for (const attempt of this.#attempts.values()) clearTimeout(attempt.timer)
    for (const socket of this.#connecting) socket.destroy()
  }

  #schedule(attempt: Attempt): void {
    if (this.#stopped || attempt.busy || attempt.timer !== undefined || attempt.entry.self) return
    // Both ends of a broken connection dial again: jitter keeps them from doing so at once for ever.
    const jitter = 0.75 + Math.random() / 2
    attempt.timer = setTimeout(() => {
      attempt.timer = undefined
      this.#attempt(attempt)
    }, attempt.waitMs * jitter).unref()
    attempt.waitMs = Math.min(Math.max(attempt.waitMs * 2, this.#limits.redialLeastMs), this.#limits.redialMostMs)
  }

  #attempt(attempt: Attempt): void {
    const { entry } = attempt
    if (this.#stopped || entry.self) return
    if (entry.nodeId !== undefined && this.#owner.isUp(entry.nodeId)) {
      attempt.waitMs = this.#limits.redialLeastMs
      return
    }
    if (this.#book.forgetIfUseless(entry, performance.now())) {
      this.#attempts.delete(entry.address)
      return
    }
    if (this.#connecting.size >= this.#limits.dialsMax) this.#schedule(attempt)
    else this.#dial(attempt)
  }

  #dial(attempt: Attempt): void {
    attempt.busy = true
    const { host, port, address } = attempt.entry
    const context = this.#context?.()
    const socket =
      context === undefined
        ? connectPlain({ host, port })
        : connectTls({
            host,
            port,
            secureContext: context,
            rejectUnauthorized: false,
            checkServerIdentity: () => undefined,
          })
    this.#connecting.add(socket)
    let failure: Error | undefined
    const deadline = setTimeout(() => {
      failure = new Error(`no answer within ${this.#limits.dialDeadlineMs} ms`)
      socket.destroy()
    }, this.#limits.dialDeadlineMs).unref()
    const onError = (error: Error): void => {
      failure ??= error
    }
    const onClose = (): void => {
      clearTimeout(deadline)
      this.#connecting.delete(socket)
      this.#failed(attempt, failure ?? new Error('closed while connecting'))
    }
    socket.on('error', onError)
    socket.once('close', onClose)
    socket.once(context === undefined ? 'connect' : 'secureConnect', () => {
      clearTimeout(deadline)
      this.#connecting.delete(socket)
      socket.off('close', onClose)
      this.#owner.onDialled(socket, { address, number: ++this.#dialled })
      socket.off('error', onError)
    })
  }

  #failed(attempt: Attempt, failure: NodeJS.ErrnoException): void {
    attempt.busy = false
    if (this.#stopped) return
    if (this.#owner.onHandshakeFailed(failure, attempt.entry.address)) this.answered(attempt.entry.address, false)
    else this.#noteSilence(attempt, failure.message)
    this.#schedule(attempt)
  }

  #noteSilence(attempt: Attempt, reason: string): void {
    const nowMs = performance.now()
    attempt.silentSinceMs ??= nowMs
    if (!attempt.entry.joined || attempt.said || nowMs - attempt.silentSinceMs < this.#limits.unreachableAfterMs) return
    attempt.said = true
    this.#owner.onUnreachable(attempt.entry.address, reason)
  }
}
