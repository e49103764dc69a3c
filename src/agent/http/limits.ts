import type { ListLimit } from './list-limit.ts'

/** Every limit of the HTTP API, with its reason. */

/** A legal value of 1 MiB may be written with escapes of up to three times its size; a group fits into one frame of 2 MiB. */
export const BODY_BYTES_MAX = 4 * 1024 * 1024
/** From the first byte to the last: longer is a sender that died, or holds a connection on purpose. */
export const REQUEST_MS_MAX = 10_000
/** A connection on which nothing moves. Watches show life more often than that. */
export const CONNECTION_SILENT_MS_MAX = 60_000
/** Between two requests on one connection. */
export const KEEP_ALIVE_MS = 15_000
/** Each costs a descriptor; what is over is closed at once. */
export const CONNECTIONS_MAX = 1_024
/** Each change is written once for every open stream. */
export const WATCH_STREAMS_MAX = 256
/** Between two signs of life on a watch that has nothing to tell. */
export const WATCH_HEARTBEAT_MS = 15_000
/** Past change events kept for those who resume. */
export const WATCH_HISTORY_EVENTS_MAX = 4_096
/** Estimated bytes of the values that those events hold on to. */
export const WATCH_HISTORY_BYTES_MAX = 16 * 1024 * 1024
/** Of the events of GET /v1/events, beside the changes that both histories share. */
export const EVENTS_HISTORY_BYTES_MAX = 8 * 1024 * 1024
/** Past events that a stream may begin with: all that can be remembered. */
export const EVENTS_PAST: ListLimit = { preset: 1, max: WATCH_HISTORY_EVENTS_MAX }
/** What heartbeats say of members reaches a page five times a second: more than a person sees, however many members there are. */
export const NODES_TOLD_APART_MS = 200
/** Nodes that left or died and are still named. */
export const DEPARTED_MAX = 100
/** What an EventSource waits before it connects again. */
export const WATCH_RETRY_MS = 1_000
/** Longest percent-encoded name that is still looked at, so that a name over its limit is told so and not "no such call". */
export const PATH_SEGMENT_CHARACTERS_MAX = 16 * 1024
/** Conflicts in one answer. */
export const CONFLICTS_LISTED: ListLimit = { preset: 100, max: 1_000 }
/** Parameters in one answer, with everything behind them. */
export const PARAMETERS_LISTED: ListLimit = { preset: 1_000, max: 10_000 }
/** Past changes in one answer: at most all that can be remembered of one parameter. */
export const HISTORY_LISTED: ListLimit = { preset: 100, max: 10_000 }
/** Estimated bytes of one answer: a hundred values of 1 MiB, each with what it replaced, would be 200 MiB. The newest is always there. */
export const LIST_ANSWER_BYTES_MAX = 8 * 1024 * 1024
/** Adjustments in one answer: at most all that a tuner remembers. */
export const ADJUSTMENTS_LISTED: ListLimit = { preset: 50, max: 500 }
/** Samples in one call: more are a second of work, in which nothing else is answered. */
export const OBSERVATIONS_MAX = 10_000
