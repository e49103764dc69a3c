import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { ConfigSyncError, type ErrorCode } from '#core/errors'
import type { TurnedAway } from '#core/exclusion'
import type { NodeId } from '#core/identity'
import type { MeshHandlers, MeshIdentity, WatchedFrame } from '../mesh.ts'
import { type Address, dialableHost, formatAddress } from './address.ts'
import { AddressBook } from './address-book.ts'
import {
  type CertificateSource,
  CertificateWatch,
  type Credentials,
  loadCredentials,
  problemOf,
} from './certificates.ts'
import { Connection, type ConnectionOwner, type Dial } from './connection.ts'
import { Dialer, type DialerOwner } from './dialer.ts'
import { PacketKind, packetOf } from './framing.ts'
import { Greeter, type GreeterOwner } from './greeter.ts'
import type { Hello, Refusal } from './hello.ts'
import type { TlsMeshLimits } from './limits.ts'
import { Listener, type ListenerOwner } from './listener.ts'
import { PeerTable } from './peer-table.ts'
import { Revocations } from './revocations.ts'
import type { TlsMeshSettings } from './settings.ts'
import { Troubles } from './trouble.ts'
import { WriteGate } from './write-gate.ts'

/** One run of a TLS mesh, from start to stop: brings its parts together. */
export class Session implements ConnectionOwner, DialerOwner, GreeterOwner, ListenerOwner {
  readonly #settings: TlsMeshSettings
  readonly #limits: TlsMeshLimits
  readonly #identity: MeshIdentity
  readonly #handlers: MeshHandlers
  readonly #troubles: Troubles
  readonly #peers: PeerTable
  readonly #book: AddressBook
  readonly #dialer: Dialer
  readonly #greeter: Greeter
  readonly #gate = new WriteGate()
  readonly #connections = new Set<Connection>()
  readonly #watch: CertificateWatch | undefined
  readonly #revocations: Revocations
  #listener: Listener | undefined
  #credentials: Credentials | undefined
  #sweeper: NodeJS.Timeout | undefined
  /** handlers are called only while it is */
  #live = true
  #closed: (() => void) | undefined
  #address = ''

  constructor(settings: TlsMeshSettings, identity: MeshIdentity, handlers: MeshHandlers) {
    this.#settings = settings
    this.#limits = settings.limits
    this.#identity = { nodeId: identity.nodeId, runId: identity.runId, cluster: identity.cluster }
    this.#handlers = handlers
    const { certificates, limits } = settings
    const encrypted = certificates !== undefined
    this.#troubles = new Troubles((error, peer) => this.#live && handlers.onTrouble(error, peer), limits.troubleQuietMs)
    this.#peers = new PeerTable(
      identity.nodeId,
      limits,
      (peer) => this.#live && handlers.onPeerUp(peer),
      (peer) => this.#onPeerDown(peer),
    )
    this.#book = new AddressBook(!encrypted, limits.forgetAfterMs)
    this.#dialer = new Dialer(this.#book, this, limits, encrypted ? () => this.#credentials!.context : undefined)
    this.#greeter = new Greeter(this.#identity, encrypted, this, this.#peers, this.#troubles, limits)
    this.#revocations = new Revocations(certificates?.crl)
    this.#watch = certificates && new CertificateWatch(certificates, limits.certificatePollMs, () => void this.reload())
  }

  get address(): string {
    return this.#address
  }

  /** @throws ConfigSyncError CERTIFICATE_INVALID, PORT_TAKEN, LISTEN_FAILED; nothing is left open then */
  async open(): Promise<void> {
    try {
      if (this.#settings.certificates !== undefined) {
        await this.#watch?.rest()
        this.#credentials = await loadCredentials(this.#settings.certificates)
        await this.#revocations.load(this.#credentials.ca)
        const { certificate } = this.#credentials
        const problem =
          problemOf(this.#credentials, this.#identity, new Date()) ?? this.#revocations.refusalOf(certificate)
        if (problem !== undefined) this.#report(problem.code, problem.detail, 'own certificate')
      }
      this.#listener = new Listener(this, this.#limits, this.#credentials)
      const port = await this.#listener.listen(this.#settings.listen)
      if (!this.#live) throw await this.#stoppedEarly(this.#listener)
      this.#address = advertised(this.#settings, port)
    } catch (error) {
      this.#live = false
      this.#watch?.stop()
      throw error
    }
    this.#book.markSelf(this.#address, performance.now())
    this.#dialer.learn(this.#settings.join, true)
    this.#sweeper = setInterval(() => this.#sweep(), this.#limits.sweepMs).unref()
  }

  broadcast(frame: Uint8Array, watched?: WatchedFrame): void {
    const connections = this.#peers.inUse
    if (connections.length === 0) return
    const packet = packetOf(PacketKind.data, frame)
    const gate = this.#gate.enter() ? this.#gate : undefined
    const watchedConnection = watched && this.#peers.connectionTo(watched.to)
    for (const connection of connections) {
      const isWatched = connection === watchedConnection
      if (isWatched) watched!.onTurn()
      connection.write(packet, gate, isWatched ? () => watched!.onLeft() : undefined)
    }
  }

  send(to: NodeId, frame: Uint8Array): boolean {
    const connection = this.#peers.connectionTo(to)
    if (connection === undefined) return false
    return connection.write(packetOf(PacketKind.data, frame), this.#gate.enter() ? this.#gate : undefined)
  }

  peers(): NodeId[] {
    return this.#peers.nodeIds()
  }

  learn(addresses: readonly string[]): void {
    this.#dialer.learn(addresses)
  }

  /** Whether the certificates were read again and are in use. Where they cannot be, the old ones stay, and that is said. */
  async reload(): Promise<boolean> {
    const source = this.#settings.certificates
    if (source === undefined || !this.#live) return false
    const renewed = await this.#reloadCredentials(source)
    await this.#reloadRevocations()
    return renewed
  }

  async #reloadCredentials(source: CertificateSource): Promise<boolean> {
    try {
      const credentials = await loadCredentials(source)
      const problem = problemOf(credentials, this.#identity, new Date())
      if (problem !== undefined) throw new ConfigSyncError(problem.code, problem.detail)
      this.#credentials = credentials
      this.#listener?.renew(credentials)
      return true
    } catch (error) {
      const { code, detail } = error as ConfigSyncError
      this.#report(code, `the renewed certificate is not used: ${detail}`, 'own certificate')
      return false
    }
  }

  /** Peers that are revoked now are cut off at once. */
  async #reloadRevocations(): Promise<void> {
    try {
      await this.#revocations.load(this.#credentials!.ca)
    } catch (error) {
      const { code, detail } = error as ConfigSyncError
      this.#report(code, `the revocation list is not used: ${detail}`, 'revocation list')
      return
    }
    if (!this.#live) return
    const own = this.#revocations.refusalOf(this.#credentials!.certificate)
    if (own !== undefined) this.#report(own.code, `own certificate: ${own.detail}`, 'own certificate')
    for (const connection of this.#connections) this.#cutOffRevoked(connection)
  }

  #cutOffRevoked(connection: Connection): void {
    const certificate = (connection.socket as TLSSocket).getPeerX509Certificate()
    const refusal = certificate && this.#revocations.refusalOf(certificate)
    if (refusal === undefined || connection.answered) return
    // Nothing more is sent to it while its refusal is on the way.
    this.#peers.remove(connection)
    this.#greeter.refuse(connection, refusal)
  }

  revocationOf(certificate: X509Certificate): Refusal | undefined {
    return this.#revocations.refusalOf(certificate)
  }

  /** Flushes what goes quickly, then leaves nothing open. */
  async close(): Promise<void> {
    this.#live = false
    clearInterval(this.#sweeper)
    this.#watch?.stop()
    this.#dialer.stop()
    const listenerClosed = this.#listener?.close()
    for (const connection of this.#connections) {
      if (connection.open) connection.close()
      else connection.cut()
    }
    if (this.#connections.size > 0) await new Promise<void>((resolve) => (this.#closed = resolve))
    this.#listener?.cut()
    await listenerClosed
  }

  onFrame(peer: NodeId, frame: Buffer): void {
    if (this.#live) this.#handlers.onFrame(peer, frame)
  }

  onControl(connection: Connection, kind: number, payload: Buffer): void {
    if (this.#live) this.#greeter.onControl(connection, kind, payload)
  }

  onViolation(connection: Connection, refusal: Refusal): void {
    this.#greeter.refuse(connection, refusal)
  }

  onSlow(connection: Connection): void {
    const { peer, address } = connection.subject
    this.#report(
      'PEER_SLOW',
      `${peer} left more than ${this.#limits.queueBytesMax} bytes unread and was cut off`,
      address,
      peer,
    )
  }

  onSilent(connection: Connection): void {
    const { peer, address } = connection.subject
    const seconds = (this.#limits.silentAfterSweeps * this.#limits.sweepMs) / 1000
    this.#report('PEER_UNREACHABLE', `${peer} (${address}) was silent for ${seconds} s and was cut off`, address, peer)
  }

  onDown(connection: Connection): void {
    this.#peers.remove(connection)
  }

  onClosed(connection: Connection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#closed?.()
    if (!this.#live) return
    const met = connection.hello !== undefined || connection.answered
    const failed = !met && connection.error !== undefined && this.onHandshakeFailed(connection.error, connection.remote)
    if (connection.dial === undefined) return
    if (met || failed) this.#dialer.answered(connection.dial.address, false)
    this.#dialer.released(
      connection.dial.address,
      met || failed ? undefined : (connection.error?.message ?? this.#closedSilently()),
    )
  }

  onAccepted(socket: Socket): void {
    this.#take(socket, undefined)
  }

  onDialled(socket: Socket, dial: Dial): void {
    this.#take(socket, dial)
  }

  greeted(): number {
    let greeted = 0
    for (const connection of this.#connections) if (connection.dial === undefined && connection.open) greeted++
    return greeted
  }

  onOverload(remote: string): void {
    this.#report('CONNECTIONS_LIMIT', `a connection from ${remote} was closed at once`, remote)
  }

  onServerError(error: Error): void {
    this.#report('LISTEN_FAILED', `accepting at ${this.#address}: ${error.message}`, this.#address, undefined, error)
  }

  /** True when it was a fault of TLS, and not just a connection that broke. */
  onHandshakeFailed(error: NodeJS.ErrnoException, remote: string): boolean {
    const code = codeOfTlsError(error)
    if (code !== undefined) this.#report(code, `TLS with ${remote} failed: ${error.message}`, remote, undefined, error)
    return code !== undefined
  }

  onUnreachable(address: string, reason: string): void {
    this.#report('PEER_UNREACHABLE', `${address}: ${reason}`, address)
  }

  isUp(nodeId: NodeId): boolean {
    return this.#peers.connectionTo(nodeId) !== undefined
  }

  addresses(): { address: string; addresses: readonly string[] } {
    return { address: this.#address, addresses: this.#book.proven() }
  }

  onSelf(connection: Connection): void {
    if (connection.dial !== undefined) this.#book.markSelf(connection.dial.address, performance.now())
  }

  onIdentified(connection: Connection, hello: Hello): void {
    if (connection.dial !== undefined) this.#book.identify(connection.dial.address, hello.nodeId, undefined)
  }

  onAddresses(addresses: readonly string[]): void {
    this.#dialer.learn(addresses)
  }

  onTurnedAway(refusal: TurnedAway): void {
    this.#handlers.onTurnedAway(refusal)
  }

  onOpen(connection: Connection, hello: Hello): void {
    if (connection.dial !== undefined) this.#dialer.answered(connection.dial.address, true)
    this.#dialer.learn([hello.address])
    this.#book.identify(hello.address, hello.nodeId, performance.now())
    if (connection.dial !== undefined) this.#book.identify(connection.dial.address, hello.nodeId, performance.now())
    this.#dialer.learn(hello.addresses)
  }

  #take(socket: Socket, dial: Dial | undefined): void {
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 10_000)
    const connection = new Connection(socket, dial, this, this.#limits)
    this.#connections.add(connection)
    if (this.#live) this.#greeter.greet(connection)
    else connection.cut()
  }

  #onPeerDown(peer: NodeId): void {
    if (!this.#live) return
    for (const entry of this.#book.entriesOf(peer)) entry.connectedMs = performance.now()
    this.#dialer.peerDown(peer)
    this.#handlers.onPeerDown(peer)
  }

  /** stop() came while this was starting, and could not close what was not open yet. */
  async #stoppedEarly(listener: Listener): Promise<ConfigSyncError> {
    listener.cut()
    await listener.close()
    return new ConfigSyncError('STOPPING', 'the mesh was stopped before it had started')
  }

  #closedSilently(): string {
    const advice = this.#credentials === undefined ? '; if it uses certificates, this node needs one too' : ''
    return `connected, and closed without a word${advice}`
  }

  #sweep(): void {
    for (const connection of this.#connections) if (connection.open) connection.sweep()
  }

  #report(code: ErrorCode, detail: string, address: string, peer?: NodeId, cause?: unknown): void {
    this.#troubles.report(code, detail, { peer, address }, cause)
  }
}

function advertised(settings: TlsMeshSettings, port: number): string {
  const { advertise, listen } = settings
  const address: Address = advertise ?? { host: dialableHost(listen.host), port: 0 }
  return formatAddress({ host: address.host, port: address.port === 0 ? port : address.port })
}

/** Faults that OpenSSL names: an alert about certificates, or bytes that are no TLS; and a handshake that never ended. */
function codeOfTlsError(error: NodeJS.ErrnoException): ErrorCode | undefined {
  if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return 'FRAME_MALFORMED'
  if (error.code?.startsWith('ERR_SSL_') !== true) return undefined
  return /CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED/.test(error.code) ? 'CERTIFICATE_INVALID' : 'FRAME_MALFORMED'
}
