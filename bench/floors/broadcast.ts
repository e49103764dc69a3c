import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { BenchNode, OpenNode, OpenOptions } from '../system.ts'

/** How a floor carries its updates. */
export interface FloorOptions {
  readonly transport: 'tcp' | 'tls'
  /** false: every update is a frame and a socket write of its own. true: the frames of one tick share one write. */
  readonly corked: boolean
}

const HEADER_BYTES = 4
/** entries in one frame of a state that is handed over */
const STATE_PART_ENTRIES = 1_000

/** An update, a question for the whole state, or a part of it. */
type FloorMessage =
  | { readonly k: string; readonly v: string }
  | { readonly want: 1 }
  | { readonly s: readonly (readonly [string, string])[] }

/**
 * The least that a broadcast between Node processes can be: a full mesh of sockets, length-prefixed JSON, the last
 * arrival wins. It has no conflict rule, no repair, no batching beyond `corked` and no events but one callback, and
 * so stands for what the machine and the transport cost by themselves. A late node asks the first one for its state.
 */
class BroadcastFloor implements BenchNode {
  readonly #options: OpenOptions & FloorOptions
  readonly #values = new Map<string, string>()
  readonly #peers = new Set<Socket>()
  readonly #server: Server
  #corked: Buffer[] = []
  #onPeer = (): void => {}

  constructor(options: OpenOptions & FloorOptions) {
    this.#options = options
    this.#server =
      options.transport === 'tcp'
        ? createServer((socket) => this.#attach(socket))
        : createTlsServer({ ...this.#tls(), requestCert: true, rejectUnauthorized: true }, (socket) =>
            this.#attach(socket),
          )
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Dials the nodes of smaller index, and waits for those of greater index to dial. */
  async join(addresses: readonly string[]): Promise<void> {
    for (const [index, address] of addresses.slice(0, this.#options.index).entries()) {
      const socket = await this.#dial(address)
      if (index === 0 && this.#options.late) socket.write(encode({ want: 1 }))
    }
    await new Promise<void>((resolve) => {
      this.#onPeer = () => {
        if (this.#peers.size === this.#options.nodes - 1) resolve()
      }
      this.#onPeer()
    })
  }

  set(parameter: string, value: string): undefined {
    this.#apply(parameter, value)
    const frame = encode({ k: parameter, v: value })
    if (this.#options.corked) this.#cork(frame)
    else this.#write(frame)
  }

  async close(): Promise<void> {
    for (const peer of this.#peers) peer.destroy()
    this.#server.close()
  }

  #tls() {
    return { ...this.#options.credentials, minVersion: 'TLSv1.3' as const }
  }

  async #dial(address: string): Promise<Socket> {
    const socket = connect(Number(address.split(':')[1]), '127.0.0.1')
    if (this.#options.transport === 'tcp') {
      await once(socket, 'connect')
      this.#attach(socket)
      return socket
    }
    // the certificates name nodes, not hosts; the authority is what the floor checks
    const secure: TLSSocket = connectTls({ socket, ...this.#tls(), checkServerIdentity: () => undefined })
    await once(secure, 'secureConnect')
    this.#attach(secure)
    return secure
  }

  #attach(socket: Socket): void {
    socket.setNoDelay(true)
    socket.on(
      'data',
      frameReader((message) => this.#take(socket, message)),
    )
    socket.on('error', () => {})
    socket.on('close', () => this.#peers.delete(socket))
    this.#peers.add(socket)
    this.#onPeer()
  }

  #take(from: Socket, message: FloorMessage): void {
    if ('k' in message) this.#apply(message.k, message.v)
    else if ('s' in message) for (const [parameter, value] of message.s) this.#apply(parameter, value)
    else this.#handOver(from)
  }

  #handOver(to: Socket): void {
    const entries = [...this.#values]
    for (let from = 0; from < entries.length; from += STATE_PART_ENTRIES)
      to.write(encode({ s: entries.slice(from, from + STATE_PART_ENTRIES) }))
  }

  #apply(parameter: string, value: string): void {
    this.#values.set(parameter, value)
    this.#options.onValue(parameter, value)
  }

  #write(bytes: Buffer): void {
    for (const peer of this.#peers) peer.write(bytes)
  }

  /** Joined by hand and not with `cork()` of every socket: one copy instead of one for each peer. */
  #cork(frame: Buffer): void {
    if (this.#corked.length === 0)
      process.nextTick(() => {
        this.#write(Buffer.concat(this.#corked))
        this.#corked = []
      })
    this.#corked.push(frame)
  }
}

function encode(message: FloorMessage): Buffer {
  const text = JSON.stringify(message)
  const frame = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(text))
  frame.writeUInt32BE(frame.length - HEADER_BYTES)
  frame.write(text, HEADER_BYTES)
  return frame
}

/** Cuts a byte stream into frames; a frame's rest waits for the next chunk. */
function frameReader(onMessage: (message: FloorMessage) => void): (chunk: Buffer) => void {
  let rest: Buffer | undefined
  return (chunk) => {
    const bytes = rest ? Buffer.concat([rest, chunk]) : chunk
    let offset = 0
    while (bytes.length - offset >= HEADER_BYTES) {
      const end = offset + HEADER_BYTES + bytes.readUInt32BE(offset)
      if (bytes.length < end) break
      const message = JSON.parse(bytes.toString('utf8', offset + HEADER_BYTES, end))
      offset = end
      onMessage(message)
    }
    rest = offset === bytes.length ? undefined : bytes.subarray(offset)
  }
}

/** A floor as a system of the bench. */
export const broadcastFloor =
  (floor: FloorOptions): OpenNode =>
  (options) =>
    new BroadcastFloor({ ...options, ...floor }).listen()
