import { ERROR_CODES, type ErrorCode } from '#core/errors'
import { LOG_LEVELS } from '#observe/log-levels'
import { CONFLICTS_LISTED, EVENTS_PAST, HISTORY_LISTED, PARAMETERS_LISTED } from './limits.ts'
import { PROBLEM_MEDIA_TYPE, statusOf } from './problem.ts'
import {
  answer,
  anyValue,
  arrayOf,
  boolean,
  count,
  integer,
  limitText,
  listQuery,
  nullable,
  number,
  numberText,
  reason,
  ref,
  request,
  type Schema,
  string,
  tunerMode,
} from './schema-parts.ts'

export type { Schema } from './schema-parts.ts'

const versionVector = { type: 'object', description: 'origin to its highest sequence', additionalProperties: count }
const nestedValues = { type: 'object', additionalProperties: { type: 'object', additionalProperties: anyValue } }
const update = {
  nodeId: string,
  origin: { type: 'string', description: 'nodeId~incarnation: the identity that numbers updates' },
  sequence: { type: 'integer', minimum: 1 },
  timestamp: {
    type: 'array',
    items: count,
    minItems: 2,
    maxItems: 2,
    description: 'milliseconds since 1970, counter within',
  },
  priority: integer,
  rule: { type: 'string', description: 'merge rule that the writer stamped' },
  epoch: count,
  versionVector,
  reason: nullable(string),
}
const sibling = { ...update, value: anyValue, deleted: boolean }
const named = { section: string, parameter: string, value: anyValue, deleted: boolean }
const member = {
  nodeId: string,
  runId: string,
  self: boolean,
  state: { type: 'string', enum: ['live', 'suspected'] },
  coordinator: boolean,
  address: string,
  silentForMs: number,
  heartbeatIntervalMs: number,
  inStep: nullable(boolean),
  digest: string,
  load: number,
  tunerMode,
  behindForMs: { ...nullable(number), description: 'milliseconds since it was last seen in step' },
  clockOffsetMs: { ...nullable(number), description: 'how far its clock is ahead of this machine, as estimated' },
  protocol: arrayOf(integer),
  sameDeclarations: boolean,
  versionVector: nullable(versionVector),
}
const turnedAway = {
  by: { ...string, description: 'who refused this node last, with its address where that is known' },
  code: { type: 'string', enum: Object.keys(ERROR_CODES) },
  detail: string,
  hint: { ...string, description: 'what to do' },
  forMs: { ...number, description: 'milliseconds since it was refused first' },
}
const delivery = {
  p50Ms: nullable(number),
  p95Ms: nullable(number),
  p99Ms: nullable(number),
  successRate: nullable(number),
  retries: count,
  receipts: count,
  framesSent: count,
  framesReceived: count,
  bytesSent: count,
  bytesReceived: count,
}
const status = {
  nodeId: string,
  runId: string,
  origin: nullable(string),
  cluster: string,
  ready: boolean,
  turnedAway: { ...nullable(answer(turnedAway)), description: 'why nobody takes this node in' },
  coordinator: nullable(string),
  isCoordinator: boolean,
  tunerMode,
  epoch: count,
  members: arrayOf(ref('Member')),
  digest: string,
  liveHash: string,
  versionVector,
  parameters: count,
  origins: count,
  appliedUpdates: count,
  pendingUpdates: count,
  conflicts: count,
  repairs: count,
  fullExchanges: count,
  lastFullExchange: nullable(answer({ from: string, at: number, updates: count })),
  store: nullable(answer({ name: string, failure: nullable(string) })),
  divergences: count,
  rejected: { type: 'object', additionalProperties: count, description: 'how often, by code' },
  load: { type: 'number', minimum: 0, maximum: 1 },
  uptime: { type: 'number', description: 'seconds' },
  uptimeMs: number,
  revision: count,
  heartbeatIntervalMs: number,
  address: string,
  delivery: answer(delivery),
}
const parameter = {
  ...named,
  source: { type: 'string', enum: ['resolved', 'sibling', 'stale', 'default', 'none'] },
  update: nullable(ref('Update')),
  siblings: arrayOf(ref('Sibling')),
}
const problemDetails = {
  type: string,
  title: string,
  status: integer,
  detail: string,
  code: { type: 'string', enum: Object.keys(ERROR_CODES) },
  hint: string,
}

/** Schemas that routes refer to by name. */
export const SHARED_SCHEMAS: readonly Schema[] = [
  { $id: 'Update', ...answer(update, 'Update') },
  { $id: 'Sibling', ...answer(sibling, 'Sibling') },
  { $id: 'Write', ...answer({ ...named, update: ref('Update') }, 'Write') },
  { $id: 'Parameter', ...answer(parameter, 'Parameter') },
  { $id: 'Member', ...answer(member, 'Member') },
  { $id: 'Problem', ...answer(problemDetails, 'Problem') },
]

export const STATUS_ANSWER = answer(status)
export const NODES_ANSWER = answer({
  nodes: arrayOf(ref('Member')),
  departed: arrayOf(answer({ nodeId: string, state: { type: 'string', enum: ['left', 'gone'] }, at: number })),
})
const milliseconds = nullable(number)
export const PROPAGATION_ANSWER = answer({
  windowMs: number,
  changes: { ...count, description: 'measured to their end within the window' },
  waiting: { ...count, description: 'some live member has not shown them yet' },
  oldestWaitingMs: number,
  unmeasured: { ...count, description: 'since the start: came while too many were waiting' },
  boundMs: { ...milliseconds, description: 'the longest of the window' },
  p50Ms: milliseconds,
  p99Ms: milliseconds,
  minutes: arrayOf(answer({ at: number, changes: count, p50Ms: number, boundMs: number })),
})
export const VECTORS_ANSWER = answer({
  vectors: arrayOf(
    answer({
      nodeId: string,
      self: boolean,
      inStep: nullable(boolean),
      digest: string,
      versionVector: nullable(versionVector),
    }),
  ),
})
export const CONFLICTS_ANSWER = answer({
  total: { ...count, description: 'since this node started' },
  conflicts: arrayOf(
    answer({
      section: string,
      parameter: string,
      at: { type: 'number', description: 'milliseconds since 1970 by the clock of this machine' },
      decidedBy: string,
      explanation: string,
      value: anyValue,
      winner: ref('Sibling'),
      losers: arrayOf(ref('Sibling')),
    }),
  ),
})
export const HISTORY_ANSWER = answer({
  section: string,
  parameter: string,
  total: { ...count, description: 'remembered; the answer may hold fewer' },
  history: arrayOf(
    answer({
      id: { ...string, description: 'what a rollback takes' },
      at: nullable({ type: 'number', description: 'milliseconds since 1970 by the clock of this machine' }),
      source: { type: 'string', enum: ['local', 'remote', 'repair', 'earlier'] },
      dropped: boolean,
      update: ref('Sibling'),
      superseded: arrayOf(ref('Sibling')),
      concurrent: arrayOf(ref('Sibling')),
      winner: nullable(ref('Sibling')),
      decidedBy: nullable(string),
      value: anyValue,
      explanation: string,
    }),
  ),
})
export const CONFIG_ANSWER = nestedValues
export const SECTION_ANSWER = { type: 'object', additionalProperties: anyValue }
export const PARAMETER_ANSWER = ref('Parameter')
export const PARAMETERS_ANSWER = answer({
  total: count,
  next: nullable({ ...string, description: 'what `after` takes for the rest' }),
  parameters: arrayOf(ref('Parameter')),
})
export const WRITE_ANSWER = ref('Write')
export const WRITES_ANSWER = answer({ updates: arrayOf(ref('Write')) })
export const ALIVE_ANSWER = answer({ alive: boolean })
export const READY_ANSWER = answer({ ready: boolean, detail: string })
export const INDEX_ANSWER = answer({ name: string, nodeId: string, cluster: string, calls: arrayOf(string) })

const name = (description: string): Schema => ({ type: 'string', description })
const sectionName = name('a name without a dot')
const parameterName = name('a name; may have dots')
const priority = { type: 'integer', description: 'decides among concurrent writes; default: as declared, else 0' }

export const SECTION_PATH = request({ section: sectionName }, ['section'])
export const PARAMETER_PATH = request({ section: sectionName, parameter: parameterName }, ['section', 'parameter'])
export const ASSET_PATH = request({ file: name('as the page names it') }, ['file'])
export const WATCH_QUERY = request({ section: sectionName, parameter: parameterName })
export const DELETE_QUERY = request({
  priority: { ...string, pattern: '^-?[0-9]{1,15}$', description: 'an integer' },
  reason,
})
export const EVENTS_QUERY = request({
  log: { type: 'string', enum: LOG_LEVELS, description: 'log lines of this level and above; default info' },
  past: numberText(
    `begin with so many of the latest events that are remembered, 1 to ${EVENTS_PAST.max}; default none`,
  ),
})
export const PARAMETERS_QUERY = request({
  after: { ...string, description: 'section.parameter: those that come after it; `next` of the answer before' },
  limit: limitText(PARAMETERS_LISTED),
})
export const CONFLICTS_QUERY = listQuery(CONFLICTS_LISTED)
export const HISTORY_QUERY = listQuery(HISTORY_LISTED)

export const NO_QUERY = request({})
export const PUT_BODY = request({ value: anyValue, priority, reason }, ['value'])
export const ROLLBACK_BODY = request(
  {
    to: {
      anyOf: [string, integer],
      description:
        'an id that the history lists (node-1:5), so many changes ago (-1), or a time (ISO 8601 with its zone, or milliseconds since 1970)',
    },
    priority,
    reason,
  },
  ['to'],
)
export const PATCH_BODY = request(
  {
    changes: arrayOf(
      request(
        {
          section: string,
          parameter: string,
          value: anyValue,
          deleted: { type: 'boolean', const: true, description: 'instead of value: delete' },
          priority,
          reason,
        },
        ['section', 'parameter'],
      ),
    ),
  },
  ['changes'],
)

/** What any call may answer. */
const ALWAYS: readonly ErrorCode[] = [
  'REQUEST_INVALID',
  'TOKEN_REQUIRED',
  'HOST_REFUSED',
  'REQUEST_TIMEOUT',
  'NOT_STARTED',
  'INTERNAL',
]
export const WRITE_PROBLEMS: readonly ErrorCode[] = [
  'NAME_INVALID',
  'VALUE_INVALID',
  'VALUE_TOO_LARGE',
  'PRIORITY_INVALID',
  'REASON_TOO_LONG',
  'PARAMETER_UNDECLARED',
  'STOPPING',
  'STORE_FAILED',
]
export const BODY_PROBLEMS: readonly ErrorCode[] = ['JSON_MALFORMED', 'MEDIA_TYPE_UNSUPPORTED', 'REQUEST_TOO_LARGE']

/** The answers of a call: the good one, and one for each status that its codes have. */
export function responses(
  good: Schema,
  codes: readonly ErrorCode[] = [],
  description = 'as asked',
): Record<string, Schema> {
  const byStatus = Object.groupBy([...codes, ...ALWAYS], (code) => String(statusOf(code)))
  const problems = Object.entries(byStatus).map(([httpStatus, of]) => [
    httpStatus,
    { description: of!.join(', '), content: { [PROBLEM_MEDIA_TYPE]: { schema: ref('Problem') } } },
  ])
  return { 200: { description, content: { 'application/json': { schema: good } } }, ...Object.fromEntries(problems) }
}
