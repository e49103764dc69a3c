/**
 * Every code that a person or program can meet, with what to do about it. docs/errors.md prints this table and a test
 * holds the two equal. `http` is the status with which the agent answers, where a request can cause the code.
 */
export const ERROR_CODES = {
  // what a caller asked for
  NAME_INVALID: { http: 422, hint: 'Use 1 to 128 bytes of UTF-8 without control characters; a section has no dot.' },
  VALUE_INVALID: {
    http: 422,
    hint: 'Send a value that the schema of this parameter accepts; the detail says what it found.',
  },
  VALUE_TOO_LARGE: {
    http: 413,
    hint: 'Keep a value under 1 MiB of JSON; store large things elsewhere and configure their address.',
  },
  PRIORITY_INVALID: { http: 422, hint: 'Give an integer between -2147483648 and 2147483647.' },
  REASON_TOO_LONG: { http: 422, hint: 'Give a reason of at most 512 bytes.' },
  GROUP_INVALID: { http: 422, hint: 'Name each parameter once, and at least one.' },
  GROUP_TOO_LARGE: {
    http: 413,
    hint: 'Split the changes into several calls: together they must fit into one frame of 2 MiB.',
  },
  PARAMETER_UNKNOWN: {
    http: 404,
    hint: 'Nobody has set this parameter and no declaration gives it a default; list what there is.',
  },
  HISTORY_UNKNOWN: {
    http: 404,
    hint: 'Name a change that the history lists: as node-1:5, as -1 for the one before the last, or as a time such as 2026-01-01T12:00:00Z.',
  },
  PARAMETER_UNDECLARED: {
    http: 422,
    hint: 'Declare the parameter in the schema, or let the schema allow undeclared ones.',
  },
  RULE_UNKNOWN: {
    http: 422,
    hint: 'Use latest, max, min, average, union, deep-merge, or custom:NAME of a rule given to this node.',
  },
  RULE_IMPURE: {
    http: undefined,
    hint: 'A merge rule must depend on the siblings alone: no clock, no randomness, no state, no changing its input.',
  },
  UPDATE_INVALID: { http: 422, hint: 'The update is malformed; the detail names the field.' },
  SETTING_INVALID: {
    http: undefined,
    hint: 'Correct the flag, environment variable or settings file that the detail names.',
  },
  SCHEMA_INVALID: { http: undefined, hint: 'Correct the declarations; the detail names the parameter.' },
  // life of a node
  NOT_STARTED: { http: 503, hint: 'Call start() and wait for it before using the node.' },
  STOPPING: { http: 503, hint: 'The node is shutting down; write on another node.' },
  NODE_ID_INVALID: { http: undefined, hint: 'Use 1 to 128 ASCII letters, digits, dots, underscores or hyphens.' },
  NODE_DUPLICATE: { http: undefined, hint: 'Another live process uses this nodeId; give each node a name of its own.' },
  CLUSTER_MISMATCH: {
    http: undefined,
    hint: 'The other node belongs to another cluster; check --cluster and the certificates.',
  },
  PORT_TAKEN: { http: undefined, hint: 'Another process listens there; choose another port or stop that process.' },
  LISTEN_FAILED: {
    http: undefined,
    hint: 'The address cannot be listened on; the detail has the reason of the system.',
  },
  METRIC_INVALID: {
    http: 422,
    hint: 'A metric has a name of up to 128 bytes and samples that are finite numbers, or true and false; a node has at most 64 metrics.',
  },
  OBJECTIVE_INVALID: {
    http: undefined,
    hint: 'Correct the objective of the tuner that the detail names: its goals, its parameters and their tune bounds, its strategy.',
  },
  ADJUSTMENT_INVALID: {
    http: undefined,
    hint: 'Adjust a parameter that is declared with tune, to a value on its grid and within its bounds; the detail says which these are.',
  },
  NOT_COORDINATOR: {
    http: 409,
    hint: 'Only the coordinator publishes adjustments; ask the node that the detail names, or wait for the next election.',
  },
  ORIGIN_REPLACED: {
    http: undefined,
    hint: 'This node met its own numbers from elsewhere and took a new incarnation. Look for a cloned data folder or a restored backup.',
  },
  CLOCK_DRIFT: {
    http: undefined,
    hint: "An update is stamped too far ahead of this machine's clock; check the clocks of both (NTP).",
  },
  ORIGINS_MANY: {
    http: undefined,
    hint: 'Many incarnations have written; give nodes a store, or find what restarts them.',
  },
  ORIGINS_LIMIT: {
    http: undefined,
    hint: 'More than 10,000 origins: updates of further ones are refused here. Find what restarts the nodes.',
  },
  SIBLINGS_MANY: {
    http: undefined,
    hint: 'More than 64 concurrent values of one parameter; find the writers that do not listen.',
  },
  MEMBERS_LIMIT: { http: undefined, hint: 'More than 10,000 members: further ones are ignored.' },
  DIVERGENCE: {
    http: undefined,
    hint: 'Two nodes that have seen the same hold different values: a bug or a bad disk. They are being repaired; please report it.',
  },
  STRATEGY_FAILED: {
    http: undefined,
    hint: 'A tuning strategy threw; nothing was moved. If it is one of this program, fix it; else report it with the detail.',
  },
  LISTENER_FAILED: {
    http: undefined,
    hint: 'A listener of this program threw; the others were still called. Fix the listener.',
  },
  // the wire
  FRAME_TOO_LARGE: { http: undefined, hint: 'A frame is at most 2 MiB, before and after unpacking.' },
  FRAME_MALFORMED: {
    http: undefined,
    hint: 'The bytes are no ConfigSync frame; something else talks to this port, or a node is broken.',
  },
  FRAME_VERSION: {
    http: undefined,
    hint: 'The sender speaks a protocol that this version does not read; upgrade this node.',
  },
  PEER_SLOW: {
    http: undefined,
    hint: 'A peer did not read and its queue was full; it was cut off and will repair itself when it is back.',
  },
  CONNECTIONS_LIMIT: {
    http: undefined,
    hint: 'Too many connections at once, so further ones are closed; find what opens them.',
  },
  PEER_UNREACHABLE: {
    http: undefined,
    hint: 'Nobody answers at this address yet; the node keeps trying. Check the address and that the peer runs.',
  },
  IDENTITY_MISMATCH: {
    http: undefined,
    hint: 'The certificate names another node than the one that uses it; issue one certificate for each node.',
  },
  CERTIFICATE_INVALID: {
    http: undefined,
    hint: 'The certificate is missing, expired, unreadable or of another authority; issue one with "configsync cert issue".',
  },
  CERTIFICATE_REVOKED: {
    http: undefined,
    hint: 'The certificate was revoked by its authority; if that was not meant, issue a new one with "configsync cert issue".',
  },
  REVOCATIONS_INVALID: {
    http: undefined,
    hint: 'The revocation list cannot be used, and the last good one stays in force; copy the ca.crl that "configsync cert revoke" wrote.',
  },
  CERTIFICATE_REQUIRED: {
    http: undefined,
    hint: 'Without certificates the mesh runs on loopback only; give --tls-cert, --tls-key and --tls-ca.',
  },
  // storing
  STORE_FAILED: {
    http: 500,
    hint: 'The update was broadcast and stands, but this node could not store it; look at its disk. It goes on and stores everything once it can.',
  },
  STORE_CORRUPT: {
    http: undefined,
    hint: 'The store cannot be trusted. Restore a backup of the data folder, or start with --reset-store: the node then gets everything from its peers.',
  },
  STORE_FULL: { http: undefined, hint: 'No space is left on the disk of the data folder; make some.' },
  STORE_READ_ONLY: {
    http: undefined,
    hint: 'The data folder cannot be written; check its owner, its permissions and how its disk is mounted.',
  },
  STORE_UNAVAILABLE: {
    http: undefined,
    hint: 'The data folder cannot be used; check the path (its parent must exist) and the disk. The detail has the reason.',
  },
  STORE_LOCKED: {
    http: undefined,
    hint: 'Another process uses this data folder; stop it, or give each node a folder of its own.',
  },
  STORE_NEWER: {
    http: undefined,
    hint: 'A later version of ConfigSync wrote this store; run that version, or start with --reset-store.',
  },
  STORE_OTHER_NODE: {
    http: undefined,
    hint: 'The data folder was that of another node. This node took over what it holds under a new incarnation; give each node a folder of its own.',
  },
  // the agent
  JSON_MALFORMED: { http: 400, hint: 'Send valid JSON with content-type application/json.' },
  REQUEST_INVALID: { http: 400, hint: 'The detail names the field that is wrong; /openapi.json describes the call.' },
  REQUEST_TOO_LARGE: { http: 413, hint: 'The body is over the limit.' },
  REQUEST_TIMEOUT: { http: 408, hint: 'The request was not complete in time.' },
  ROUTE_UNKNOWN: { http: 404, hint: 'There is no such call; /openapi.json lists them.' },
  METHOD_NOT_ALLOWED: { http: 405, hint: 'This path answers other methods; /openapi.json lists them.' },
  MEDIA_TYPE_UNSUPPORTED: { http: 415, hint: 'Send content-type application/json.' },
  HOST_REFUSED: {
    http: 421,
    hint: 'The Host header names another host than this agent; use the address it listens on.',
  },
  TOKEN_REQUIRED: {
    http: 401,
    hint: "Send Authorization: Bearer with the agent's token; beyond loopback an agent needs --http-token-file.",
  },
  WATCH_LIMIT: { http: 503, hint: 'Too many open event streams on this agent; close some.' },
  AGENT_UNREACHABLE: { http: undefined, hint: 'No agent answers there; start one, or give --http or CONFIGSYNC_HTTP.' },
  // the command line
  USAGE_INVALID: { http: undefined, hint: 'Correct the command line; --help describes it.' },
  FILE_UNREADABLE: {
    http: undefined,
    hint: 'Check the path, its permissions and what is in the file; the detail says what was found.',
  },
  FILE_EXISTS: { http: undefined, hint: 'Choose another folder or name, or replace what is there with --force.' },
  WAIT_TIMEOUT: {
    http: undefined,
    hint: 'The write stands and spreads on; "configsync vv" shows which node has not seen it.',
  },
  DEMO_FAILED: { http: undefined, hint: 'The detail says which step; run it again, and report it if it fails again.' },
  SIMULATION_FAILED: {
    http: undefined,
    hint: 'A promise of the mesh was broken in the simulation: a bug in ConfigSync. Please report it with the schedule file that the detail names.',
  },
  INTERRUPTED: { http: undefined, hint: 'It was ended before it was done; run it again.' },
  SCHEDULE_INVALID: {
    http: undefined,
    hint: 'The file is no schedule of faults; take one that "configsync simulate" wrote.',
  },
  SCENARIO_INVALID: {
    http: undefined,
    hint: 'Correct the line of the scenario that the detail names; docs/simulator.md has the commands.',
  },
  SCENARIO_DIFFERS: {
    http: undefined,
    hint: 'A scenario printed something else than it says. If the new output is right, write it with --write and review it like code.',
  },
  INTERNAL: { http: 500, hint: 'A bug in ConfigSync; please report it with the log.' },
} as const satisfies Record<string, { readonly http: number | undefined; readonly hint: string }>

export type ErrorCode = keyof typeof ERROR_CODES

/** An operational failure: a stable code, a detail for this occurrence, and the cause where there is one. */
export class ConfigSyncError extends Error {
  readonly code: ErrorCode
  override readonly name = 'ConfigSyncError'

  constructor(code: ErrorCode, detail: string, options?: { readonly cause?: unknown }) {
    super(`${code}: ${detail}`, options)
    this.code = code
    this.detail = detail
  }

  readonly detail: string

  /** What whoever meets this code should do. */
  get hint(): string {
    return ERROR_CODES[this.code].hint
  }
}

/** A broken invariant of our own: stays on in production, because going on would spread the damage. */
export function assertInvariant(holds: boolean, invariant: string): asserts holds {
  if (!holds) throw new ConfigSyncError('INTERNAL', `invariant broken: ${invariant}`)
}
