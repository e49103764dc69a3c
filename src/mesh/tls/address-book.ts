import type { NodeId } from '#core/identity'
import { MEMBERS_MAX } from '#core/limits'
import { type Address, formatAddress, isLoopback, parseAddress } from './address.ts'

/** One address that may lead to a member. */
export interface AddressEntry extends Address {
  /** as `host:port` */
  readonly address: string
  /** given by the operator: never forgotten, and its silence is said */
  readonly joined: boolean
  readonly learnedMs: number
  /** this node itself */
  self: boolean
  /** who was met there last */
  nodeId: NodeId | undefined
  /** when a peer was last connected from or at this address; undefined: never */
  connectedMs: number | undefined
}

/**
 * The addresses that this node knows: those it was given, and those it learned, which it forgets when they lead nowhere
 * for long. Only addresses that led to a peer are passed on: else a dead one would go round for ever.
 */
export class AddressBook {
  readonly #entries = new Map<string, AddressEntry>()
  readonly #loopbackOnly: boolean
  readonly #forgetAfterMs: number

  constructor(loopbackOnly: boolean, forgetAfterMs: number) {
    this.#loopbackOnly = loopbackOnly
    this.#forgetAfterMs = forgetAfterMs
  }

  /** The new entry; undefined when it was known, is no address, may not be dialled, or the book is full. */
  learn(text: string, nowMs: number, joined = false): AddressEntry | undefined {
    if (this.#entries.has(text) || this.#entries.size >= MEMBERS_MAX) return undefined
    const parsed = parseAddress(text)
    if (parsed === undefined || parsed.port === 0) return undefined
    if (this.#loopbackOnly && !isLoopback(parsed.host)) return undefined
    const address = formatAddress(parsed)
    if (this.#entries.has(address)) return undefined
    const entry: AddressEntry = {
      ...parsed,
      address,
      joined,
      learnedMs: nowMs,
      self: false,
      nodeId: undefined,
      connectedMs: undefined,
    }
    this.#entries.set(address, entry)
    return entry
  }

  /** Notes that this node answers there itself. */
  markSelf(address: string, nowMs: number): void {
    this.learn(address, nowMs)
    const entry = this.#entries.get(address)
    if (entry !== undefined) entry.self = true
  }

  /** Notes who was met at an address, and whether it became a peer. */
  identify(address: string, nodeId: NodeId, connectedMs: number | undefined): void {
    const entry = this.#entries.get(address)
    if (entry === undefined) return
    entry.nodeId = nodeId
    entry.connectedMs = connectedMs ?? entry.connectedMs
  }

  /** Takes an entry out when it led nowhere for long. Returns whether it did. */
  forgetIfUseless(entry: AddressEntry, nowMs: number): boolean {
    if (entry.joined || entry.self) return false
    if (nowMs - (entry.connectedMs ?? entry.learnedMs) < this.#forgetAfterMs) return false
    this.#entries.delete(entry.address)
    return true
  }

  entriesOf(nodeId: NodeId): AddressEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.nodeId === nodeId)
  }

  /** What newcomers are told. */
  proven(): string[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.connectedMs !== undefined && !entry.self)
      .map((entry) => entry.address)
  }
}
