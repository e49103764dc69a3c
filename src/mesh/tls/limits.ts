/** Bounds of the TLS mesh, each with its reason. Tests narrow them; a program has no need to. */
export interface TlsMeshLimits {
  /** One attempt to connect, TLS included. Longer means a dead address, and the next attempt may meet a live one. */
  readonly dialDeadlineMs: number
  /** Wait between attempts: doubled from the least to the most, then kept for ever. */
  readonly redialLeastMs: number
  readonly redialMostMs: number
  /** Attempts under way at once, so that a peer that teaches thousands of dead addresses costs little. */
  readonly dialsMax: number
  /** How long a join address must be silent before that is said: nodes that start together do not answer at once. */
  readonly unreachableAfterMs: number
  /** A learned address that did not lead to a peer for so long is forgotten. */
  readonly forgetAfterMs: number
  /** Between connecting and a peer that both sides accepted. */
  readonly greetingDeadlineMs: number
  /** Incoming connections that have not said who they are: more would let anyone hold all our sockets. */
  readonly greetingsMax: number
  /** All incoming connections; a full mesh is for some 64 nodes. */
  readonly connectionsMax: number
  /** What waits to be read by one peer, before it is cut off and left to repair. */
  readonly queueBytesMax: number
  /** How often connections are looked at. Silence is counted in looks, so that a stall of our own counts as one. */
  readonly sweepMs: number
  /** Looks without a byte after which a peer is asked, and after which it is cut off. */
  readonly pingAfterSweeps: number
  readonly silentAfterSweeps: number
  /** How long the first run of a nodeId has to answer before a second is let in. */
  readonly probeDeadlineMs: number
  /** Both sides know the better of two connections of a pair after this; then the other is closed. */
  readonly surplusLingerMs: number
  /** What a closing connection has to send its last bytes. */
  readonly closeDeadlineMs: number
  /** The same trouble with the same peer or address is said at most this often. */
  readonly troubleQuietMs: number
  /** How often certificate files are looked at. */
  readonly certificatePollMs: number
}

export const TLS_MESH_LIMITS: TlsMeshLimits = {
  dialDeadlineMs: 1_500,
  redialLeastMs: 100,
  redialMostMs: 1_000,
  dialsMax: 64,
  unreachableAfterMs: 500,
  forgetAfterMs: 10 * 60_000,
  greetingDeadlineMs: 5_000,
  greetingsMax: 128,
  connectionsMax: 1_024,
  queueBytesMax: 8 * 1024 * 1024,
  sweepMs: 1_000,
  pingAfterSweeps: 3,
  silentAfterSweeps: 10,
  probeDeadlineMs: 1_000,
  surplusLingerMs: 250,
  closeDeadlineMs: 500,
  troubleQuietMs: 10_000,
  certificatePollMs: 2_000,
}

/** A hello carries the whole address book of a mesh far larger than this one is for. */
export const HELLO_BYTES_MAX = 256 * 1024
export const REFUSAL_BYTES_MAX = 2 * 1024
