/** Identities are branded, so that one kind cannot stand in for another by mistake. */
declare const brand: unique symbol
type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** One member of the mesh, named by its operator. 1 to 128 ASCII letters, digits, `.`, `_`, `-`. */
export type NodeId = Branded<string, 'NodeId'>

/** One start of a node: 16 hexadecimal digits, drawn at random. */
export type RunId = Branded<string, 'RunId'>

/**
 * The identity that numbers updates: `nodeId~incarnation`, the incarnation being 16 hexadecimal digits. A node takes a
 * new one whenever it cannot be sure which sequences it has used already.
 */
export type Origin = Branded<string, 'Origin'>

/** The number of an update within its origin: 1, 2, 3 … up to 2^53 - 1. */
export type Sequence = Branded<number, 'Sequence'>

/** Names one update for ever. */
export interface Dot {
  readonly origin: Origin
  readonly sequence: Sequence
}

const NODE_ID = /^[A-Za-z0-9._-]{1,128}$/
const ID_64 = /^[0-9a-f]{16}$/
const ORIGIN = /^[A-Za-z0-9._-]{1,128}~[0-9a-f]{16}$/

export const isNodeId = (text: unknown): text is NodeId => typeof text === 'string' && NODE_ID.test(text)
export const isRunId = (text: unknown): text is RunId => typeof text === 'string' && ID_64.test(text)
export const isOrigin = (text: unknown): text is Origin => typeof text === 'string' && ORIGIN.test(text)
export const isSequence = (n: unknown): n is Sequence => typeof n === 'number' && Number.isSafeInteger(n) && n >= 1

/** @param incarnation 16 hexadecimal digits */
export const originOf = (nodeId: NodeId, incarnation: string): Origin => `${nodeId}~${incarnation}` as Origin

export const nodeIdOf = (origin: Origin): NodeId => origin.slice(0, -17) as NodeId
export const incarnationOf = (origin: Origin): string => origin.slice(-16)
