import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { ConfigSyncError } from '#core/errors'
import { type Address, formatAddress } from './address.ts'
import type { Credentials } from './certificates.ts'
import type { TlsMeshLimits } from './limits.ts'

/** Whoever is given what a listener accepts. */
export interface ListenerOwner {
  /** A connection, encrypted where there are credentials; its certificate has still to be judged. */
  onAccepted(socket: Socket): void
  /** How many of the accepted connections have been greeted. */
  greeted(): number
  /** Too many connections at once: this one was closed. */
  onOverload(remote: string): void
  /** The handshake of TLS itself failed. */
  onHandshakeFailed(error: NodeJS.ErrnoException, remote: string): void
  /** The server itself, later than its start. */
  onServerError(error: Error): void
}

/** Accepts connections at one address, within bounds, and brings TLS about where there are credentials. */
export class Listener {
  readonly #owner: ListenerOwner
  readonly #limits: TlsMeshLimits
  readonly #server: Server
  readonly #tls: TlsServer | undefined
  readonly #sockets = new Set<Socket>()

  constructor(owner: ListenerOwner, limits: TlsMeshLimits, credentials: Credentials | undefined) {
    this.#owner = owner
    this.#limits = limits
    this.#server = createServer((socket) => this.#accept(socket))
    this.#tls = credentials && this.#createTls(credentials)
  }

  /**
   * @returns the port, where 0 was asked for the one that the system chose
   * @throws ConfigSyncError PORT_TAKEN, LISTEN_FAILED
   */
  async listen(address: Address): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) => {
        const code = cause.code === 'EADDRINUSE' ? 'PORT_TAKEN' : 'LISTEN_FAILED'
        reject(new ConfigSyncError(code, `${formatAddress(address)}: ${cause.message}`, { cause }))
      })
      this.#server.listen({ host: address.host, port: address.port }, resolve)
    })
    this.#server.removeAllListeners('error')
    this.#server.on('error', (error) => this.#owner.onServerError(error))
    return (this.#server.address() as { port: number }).port
  }

  /** Connections from now on use these. */
  renew(credentials: Credentials): void {
    this.#tls?.setSecureContext(credentials.options)
  }

  /** Accepts no more. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  /** Ends what was accepted and is still open. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /**
   * An unauthorized peer is let through to the greeting, which refuses it with a reason: TLS would close without one
   * that both sides can read.
   */
  #createTls(credentials: Credentials): TlsServer {
    const server = createTlsServer({
      ...credentials.options,
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: this.#limits.greetingDeadlineMs,
    })
    server.on('secureConnection', (socket) => this.#owner.onAccepted(socket))
    server.on('tlsClientError', (error, socket) => {
      this.#owner.onHandshakeFailed(error, socket.remoteAddress ?? 'a closed connection')
      // Node leaves a handshake open that takes too long: whoever is silent would hold a place for ever.
      socket.destroy()
    })
    return server
  }

  #accept(socket: Socket): void {
    const waiting = this.#sockets.size - this.#owner.greeted()
    if (waiting >= this.#limits.greetingsMax || this.#sockets.size >= this.#limits.connectionsMax) {
      this.#owner.onOverload(socket.remoteAddress ?? 'a closed connection')
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    if (this.#tls === undefined) this.#owner.onAccepted(socket)
    else this.#tls.emit('connection', socket)
  }
}
