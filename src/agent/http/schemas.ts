import { ERROR_CODES, type ErrorCode } from '#core/errors'
import { REASON_BYTES_MAX } from '#core/limits'
import { TUNER_MODES } from '#core/protocol'
import { ADJUSTMENTS_LISTED, CONFLICTS_LISTED, HISTORY_LISTED, OBSERVATIONS_MAX } from './limits.ts'
import type { ListLimit } from './list-limit.ts'
import { PROBLEM_MEDIA_TYPE, statusOf } from './problem.ts'

/** JSON Schema 2020-12, as OpenAPI 3.1 has it. */
export type Schema = Readonly<Record<string, unknown>>

const string = { type: 'string' }
const boolean = { type: 'boolean' }
const number = { type: 'number' }
const integer = { type: 'integer' }
const count = { type: 'integer', minimum: 0 }
const anyValue = { description: 'any JSON value' }
const nullable = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
const arrayOf = (items: Schema): Schema => ({ type: 'array', items })
const ref = (id: string): Schema => ({ $ref: `${id}#` })
/** An answer: all fields always there, further ones may come. */
const answer = (properties: Record<string, Schema>, title?: string): Schema => ({
  ...(title && { title }),
  type: 'object',
  required: Object.keys(properties),
  properties,
})

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
const tunerMode = { type: 'string', enum: TUNER_MODES }
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
  { $id: 'Member', ...answer(member, 'Member') },
  { $id: 'Problem', ...answer(problemDetails, 'Problem') },
]

export const STATUS_ANSWER = answer(status)
export const NODES_ANSWER = answer({ nodes: arrayOf(ref('Member')) })
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
const metric = answer({
  samples: count,
  perSecond: number,
  mean: nullable(number),
  p50: nullable(number),
  p95: nullable(number),
  p99: nullable(number),
  successRate: nullable(number),
})
const objective = answer({
  name: string,
  strategy: string,
  note: { ...string, description: 'what the last window led to, in a sentence' },
  frozen: boolean,
  pauseLeft: { ...count, description: 'windows' },
  revertsInRow: count,
  trial: nullable(answer({ parameter: string, oldValue: number, newValue: number, windows: count })),
  blocked: arrayOf(answer({ parameter: string, value: number, leftMs: number })),
  goals: arrayOf(
    answer({
      metric: string,
      p95AtMost: nullable(number),
      rateAtLeast: nullable(number),
      raise: nullable(string),
      standing: { type: 'string', enum: ['missed', 'met', 'easy', 'unknown'] },
      measured: nullable(metric),
    }),
  ),
  parameters: arrayOf(
    answer({
      parameter: string,
      value: nullable(number),
      min: number,
      max: number,
      step: number,
      owner: nullable(string),
      held: nullable({ ...string, description: 'why the tuner leaves it alone' }),
    }),
  ),
})
export const TUNER_ANSWER = answer({
  mode: tunerMode,
  epoch: count,
  windowMs: number,
  objectives: arrayOf(objective),
  total: { ...count, description: 'adjustments remembered; the answer may hold fewer' },
  adjustments: arrayOf(
    answer({
      kind: { type: 'string', enum: ['adjust', 'revert'] },
      objective: string,
      section: string,
      parameter: string,
      oldValue: nullable(number),
      newValue: nullable(number),
      reason: string,
      epoch: count,
      nodeId: string,
      at: { type: 'number', description: 'milliseconds since 1970 by the clock of this machine' },
      measured: nullable(
        answer({ p95: nullable(number), successRate: nullable(number), throughput: nullable(number) }),
      ),
    }),
  ),
})
export const OBSERVATIONS_ANSWER = answer({ taken: count })
export const DONE_ANSWER = answer({ done: boolean })
export const CONFIG_ANSWER = nestedValues
export const SECTION_ANSWER = { type: 'object', additionalProperties: anyValue }
export const PARAMETER_ANSWER = answer({
  ...named,
  source: { type: 'string', enum: ['resolved', 'sibling', 'stale', 'default', 'none'] },
  update: nullable(ref('Update')),
  siblings: arrayOf(ref('Sibling')),
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
const reason = { type: 'string', description: `for people; at most ${REASON_BYTES_MAX} bytes` }

/** What a request gives: what is not named here is refused, so that a misspelt field is not silently ignored. */
const request = (properties: Record<string, Schema>, required: readonly string[] = []): Schema => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
})

export const SECTION_PATH = request({ section: sectionName }, ['section'])
export const PARAMETER_PATH = request({ section: sectionName, parameter: parameterName }, ['section', 'parameter'])
export const WATCH_QUERY = request({ section: sectionName, parameter: parameterName })
export const DELETE_QUERY = request({
  priority: { ...string, pattern: '^-?[0-9]{1,15}$', description: 'an integer' },
  reason,
})
const listQuery = ({ preset, max }: ListLimit): Schema =>
  request({ limit: { ...string, pattern: '^[0-9]{1,6}$', description: `1 to ${max}; default ${preset}` } })
export const CONFLICTS_QUERY = listQuery(CONFLICTS_LISTED)
export const HISTORY_QUERY = listQuery(HISTORY_LISTED)
export const ADJUSTMENTS_QUERY = listQuery(ADJUSTMENTS_LISTED)
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
export const OBSERVATIONS_BODY = request(
  {
    observations: {
      ...arrayOf(request({ metric: string, value: { anyOf: [number, boolean] } }, ['metric', 'value'])),
      maxItems: OBSERVATIONS_MAX,
    },
  },
  ['observations'],
)
export const RELEASE_BODY = request({ parameter: { ...string, description: 'section.parameter' } })
export const FREEZE_BODY = request({ reason })
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
