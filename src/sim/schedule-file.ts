import { Ajv2020 } from 'ajv/dist/2020.js'
import { ConfigSyncError } from '#core/errors'
import type { EventKind, Schedule } from './schedule.ts'

const share = { type: 'number', minimum: 0, maximum: 1 }
const ms = { type: 'number', minimum: 0 }
const index = { type: 'integer', minimum: 0 }
const indexes = { type: 'array', items: index }

const object = (properties: Readonly<Record<string, unknown>>, optional: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
})

const link = object({
  lossRate: share,
  duplicateRate: share,
  reorderRate: share,
  flipRate: share,
  echoRate: share,
  echoMs: ms,
  delay: object({ kind: { enum: ['fixed', 'uniform', 'long-tail'] }, leastMs: ms, mostMs: ms }),
})

const node = object({
  store: { enum: ['none', 'process', 'disk'] },
  clockOffsetMs: { type: 'number' },
  clockRate: { type: 'number', exclusiveMinimum: 0 },
  declares: { type: 'boolean' },
  present: { type: 'boolean' },
})

const change = object({ parameter: { type: 'string', minLength: 1 }, value: {}, priority: { type: 'integer' } }, [
  'value',
  'priority',
])

/** What each kind of event says, besides its kind and moment. */
const EVENTS: Readonly<Record<EventKind, Readonly<Record<string, unknown>>>> = {
  write: { node: index, changes: { type: 'array', items: change, minItems: 1 } },
  start: { node: index },
  stop: { node: index },
  kill: { node: index },
  'power-cut': { node: index },
  stall: { node: index, forMs: ms, waking: { enum: ['at-once', 'slowly', 'deaf'] } },
  disk: { node: index, condition: { enum: ['well', 'full', 'failing', 'slow'] } },
  clock: { node: index, offsetMs: { type: 'number' }, rate: { type: 'number', exclusiveMinimum: 0 } },
  link: { link },
  partition: { groups: { type: 'array', items: indexes } },
  cut: { from: indexes, to: indexes },
  heal: {},
  backup: { node: index },
  restore: { node: index, of: index },
  leap: { ms },
}

const pullPartBytes = { type: 'integer', minimum: 1 }

const accepts = new Ajv2020({ discriminator: true, allowUnionTypes: true }).compile(
  object(
    {
      pullPartBytes,
      seed: { type: 'integer' },
      nodes: { type: 'array', items: node, minItems: 1 },
      link,
      events: {
        type: 'array',
        items: {
          type: 'object',
          required: ['kind'],
          discriminator: { propertyName: 'kind' },
          oneOf: Object.entries(EVENTS).map(([kind, properties]) =>
            object({ kind: { const: kind }, atMs: ms, ...properties }),
          ),
        },
      },
      healAtMs: ms,
    },
    ['pullPartBytes'],
  ),
)

/**
 * Reads a schedule that was written as JSON.
 * @param name the file, for messages
 * @throws ConfigSyncError SCHEDULE_INVALID saying where and what
 */
export function parseSchedule(text: string, name: string): Schedule {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new ConfigSyncError('SCHEDULE_INVALID', `${name} is no JSON: ${(cause as Error).message}`, { cause })
  }
  if (accepts(json)) return json as Schedule
  const { instancePath = '', message = '' } = accepts.errors?.[0] ?? {}
  throw new ConfigSyncError('SCHEDULE_INVALID', `${name}: ${instancePath || 'the schedule'} ${message}`)
}
