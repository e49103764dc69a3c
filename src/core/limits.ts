/** Every limit of ConfigSync, with its reason. None can be widened by a setting or a declaration. */

/** Names are sent with every update; longer ones are a mistake, not a name. UTF-8 bytes, for a section and for a parameter. */
export const NAME_BYTES_MAX = 128
/** Configuration, not files. Bytes of the value's JSON or of its MessagePack, whichever is larger: both have to fit. */
export const VALUE_BYTES_MAX = 1024 * 1024
/** Recursion over a value stays far from the end of the stack in every language that reads the wire. */
export const VALUE_DEPTH_MAX = 64
/** A sentence, for people. UTF-8 bytes. */
export const REASON_BYTES_MAX = 512
/** One frame holds any legal update beside its envelope; also the limit after unpacking, against bombs. */
export const FRAME_BYTES_MAX = 2 * 1024 * 1024
/** Each message costs whoever reads it far more than its two bytes; a frame of ours has a few. */
export const FRAME_MESSAGES_MAX = 1_024
/** Of a later version, kept byte by byte: room for what it may add, not for as many objects as a frame has bytes. */
export const UNKNOWN_FIELDS_MAX = 64
export const UNKNOWN_FIELDS_BYTES_MAX = 64 * 1024
/** Above this a mesh needs another presence protocol; also bounds what a hostile peer can make us remember. */
export const MEMBERS_MAX = 10_000
/** Origins cost an entry in every digest comparison; a node without a store adds one for each start that writes. */
export const ORIGINS_MAX = 10_000
export const ORIGINS_WARN = 1_000
/** More concurrent writers than this of one parameter is a program at fault: reported, still merged. */
export const SIBLINGS_REPORTED_ABOVE = 64
/** What one part of a pull session carries, and the most a repair is broadcast for. Estimated bytes. */
export const PULL_PART_BYTES = 256 * 1024
/** What a batch frame gathers. */
export const BATCH_BYTES_MAX = 64 * 1024
/** Origins that a heartbeat lists with their maxima, so that a busy mesh is compared exactly. */
export const RECENT_ORIGINS_MAX = 32
/** Ranges beyond holes that a heartbeat lists for one origin; an origin with more is left out of the list. */
export const RECENT_RANGES_MAX = 8
/** Addresses learned lately that a heartbeat passes on. */
export const HEARTBEAT_ADDRESSES_MAX = 8
/** Own past digests kept, to know a member that is merely behind. */
export const DIGEST_HISTORY_MAX = 1_024
/** Conflicts remembered for people to look at. */
export const CONFLICT_LEDGER_MAX = 1_000
/** Conflicts hold all their values, some of which nothing else holds any more. Estimated bytes. */
export const CONFLICT_LEDGER_BYTES_MAX = 16 * 1024 * 1024
/**
 * Past changes of all parameters together that a node without a store goes on to remember when it has twice as many: so that
 * a large import does not double what it takes.
 */
export const HISTORY_IN_MEMORY_MAX = 10_000
/** Their bytes, estimated: a value may have 1 MiB, and a hundred changes of each parameter are remembered. */
export const HISTORY_IN_MEMORY_BYTES_MAX = 32 * 1024 * 1024
/** A tombstone is dropped no earlier than this much of the process's own elapsed time after it was written or learned. */
export const TOMBSTONE_RETENTION_MS = 24 * 60 * 60 * 1000
/** A stamp cannot count further than this within one millisecond; the clock then moves on by one. */
export const LOGICAL_MAX = 0xffff_ffff
/** Priorities are 32-bit integers, so that every language can hold them. */
export const PRIORITY_MIN = -(2 ** 31)
export const PRIORITY_MAX = 2 ** 31 - 1
/** Ranges beyond holes in one coverage on the wire; leaving some out understates what is covered, which is safe. */
export const COVERAGE_RANGES_MAX = 16_384
/** The last millisecond that a calendar of this language can show (ECMAScript, time values). */
export const TIMESTAMP_MS_MAX = 8_640_000_000_000_000
/** A host name of 253 characters, brackets, a colon and a port, and room for another mesh's scheme. UTF-8 bytes. */
export const ADDRESS_BYTES_MAX = 512
/** Room for the longest H in the largest mesh; a member that announces more could be gone for days before it is missed. */
export const HEARTBEAT_INTERVAL_MS_MAX = 24 * 60 * 60 * 1000
/**
 * A refusal holds for so long: a mesh seeks out again whoever refused it, every two seconds or so. Elapsed milliseconds, not
 * heartbeat intervals, because a mesh dials at its own pace.
 */
export const TURNED_AWAY_MS = 10_000
/** Metrics that one report of measurements names; further ones come with the next. */
export const METRICS_REPORTED_MAX = 64
/** Buckets of a histogram: 16 to each power of two of up to 2^53, and the 16 below the first. */
export const HISTOGRAM_BUCKETS_MAX = 1_024
/** What an update of a group takes beside its names and its value: numbers, and a context of a few origins. */
export const GROUP_ENVELOPE_BYTES = 128
/** A group travels in one frame, and the first part of a pull carries a snapshot beside it. */
export const GROUP_BYTES_MAX = FRAME_BYTES_MAX - 512 * 1024
