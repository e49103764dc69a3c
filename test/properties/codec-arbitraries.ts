import fc from 'fast-check'
import { fitsColumns } from '#codec/columns'
import type { Control } from '#codec/message'
import { contextOf } from '#core/causal-context'
import type { NodeId, Origin, RunId, Sequence } from '#core/identity'
import type { JsonValue } from '#core/json'
import type {
  Heartbeat,
  Measurements,
  Message,
  MetricReport,
  OriginCoverage,
  PullAnswer,
  PullRequest,
  Repair,
} from '#core/protocol'
import type { MergeRule, Update } from '#core/update'

/** Of plain objects, as the codec makes them. */
const record = <T>(of: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(of, { noNullPrototype: true }) as fc.Arbitrary<T>

const hex16 = fc.stringMatching(/^[0-9a-f]{16}$/)
const nodeId = fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/) as fc.Arbitrary<NodeId>
const runId = hex16 as fc.Arbitrary<RunId>
const origin = fc
  .tuple(nodeId, fc.constantFrom('0123456789abcdef', 'ffffffffffffffff', '0000000000000000'))
  .map(([node, incarnation]) => `${node}~${incarnation}` as Origin)
const counter = fc.oneof(fc.nat(300), fc.maxSafeNat())
const sequence = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.maxSafeNat().filter((n) => n > 0),
) as fc.Arbitrary<Sequence>
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((text) => !/\p{Cc}/u.test(text))
const section = name.filter((text) => !text.includes('.'))
const text = fc.string({ unit: 'binary', maxLength: 80 })
const hash = fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff))
const hex = (n: bigint | number, digits: number): string => n.toString(16).padStart(digits, '0')
const optional = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined })

/** Every kind of JSON value; `-0` is left out because it travels as 0. */
export const jsonValue: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc
      .oneof(fc.integer(), fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }))
      .map((n) => n + 0 || 0),
    text,
    fc.array(tie('value'), { maxLength: 20 }),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom('__proto__', 'constructor', '1', ''), text), tie('value')), {
        maxLength: 5,
      })
      .map((entries) => Object.fromEntries(entries) as JsonValue),
  ),
})).value

const rule = fc.oneof(
  fc.constantFrom<MergeRule>('latest', 'max', 'min', 'average', 'union', 'deep-merge'),
  name.map((custom) => `custom:${custom}` as const),
)

const contextFor = (own: Origin): fc.Arbitrary<Update['context']> =>
  fc
    .array(fc.tuple(origin, sequence), { maxLength: 20 })
    .map((entries) => contextOf(new Map(entries.filter(([other]) => other !== own))))

const groupFor = (own: Sequence): fc.Arbitrary<Update['group']> =>
  fc
    .tuple(fc.nat(Math.min(40, own - 1)), fc.nat(40))
    .filter(([before, after]) => before + after > 0 && own + after <= Number.MAX_SAFE_INTEGER)
    .map(([before, after]) => ({ first: (own - before) as Sequence, size: before + after + 1 }))

const unknownField = fc.constantFrom(
  [0xc0],
  [0xc7, 2, 9, 1, 2],
  [0xc4, 1, 7],
  [0x92, 0x01, 0xa1, 0x61],
  [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
)

export const update: fc.Arbitrary<Update> = fc.tuple(origin, sequence).chain(([own, ownSequence]) =>
  record<Update>({
    section,
    parameter: name,
    value: optional(jsonValue),
    origin: fc.constant(own),
    sequence: fc.constant(ownSequence),
    timestampMs: fc.nat(8_640_000_000_000_000),
    timestampLogical: fc.nat(0xffff_ffff),
    priority: fc.integer(),
    rule,
    epoch: counter,
    context: contextFor(own),
    group: ownSequence < 2 ** 52 ? optional(groupFor(ownSequence)) : fc.constant(undefined),
    reason: optional(text),
    trace: optional(
      fc
        .tuple(fc.bigInt(1n, 2n ** 128n - 1n), fc.bigInt(1n, 2n ** 64n - 1n), fc.nat(255))
        .map(([trace, span, flags]) => `00-${hex(trace, 32)}-${hex(span, 16)}-${hex(flags, 2)}`),
    ),
    unknownFields: optional(
      fc.array(
        unknownField.map((bytes) => Uint8Array.from(bytes)),
        { minLength: 1, maxLength: 4 },
      ),
    ),
  }),
)

const rangesAfter = (contiguous: number, gaps: readonly (readonly [number, number])[]): [number, number][] => {
  const ranges: [number, number][] = []
  let last = contiguous
  for (const [gap, length] of gaps) {
    const first = last + 2 + gap
    last = first + length
    ranges.push([first, last])
  }
  return ranges
}

const coverageEntry = record({
  origin,
  contiguous: fc.nat(2 ** 40),
  gaps: fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 6 }),
}).map(({ gaps, ...entry }): OriginCoverage => ({ ...entry, ranges: rangesAfter(entry.contiguous, gaps) }))

const coverage = fc
  .uniqueArray(coverageEntry, { selector: (entry) => entry.origin, maxLength: 15 })
  .map((entries) => entries.sort((a, b) => (a.origin < b.origin ? -1 : 1)))

const dots = coverage.map((entries) =>
  entries.map((entry) => ({
    ...entry,
    contiguous: 0,
    ranges: [[1, 3], ...rangesAfter(3, [[0, 4]])] as [number, number][],
  })),
)

const dot = fc.tuple(origin, sequence)
const collected = fc
  .uniqueArray(dot, { selector: ([of]) => of, maxLength: 12 })
  .map((list) => list.sort(([a], [b]) => (a < b ? -1 : 1)))
const updates = fc.array(update, { maxLength: 8 })

const heartbeat: fc.Arbitrary<Heartbeat> = nodeId.chain((own) =>
  record<Heartbeat>({
    nodeId: fc.constant(own),
    runId,
    number: sequence,
    origin: optional(hex16.map((incarnation) => `${own}~${incarnation}` as Origin)),
    intervalMs: fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.constant(1562.5)),
    wideJitter: fc.boolean(),
    candidate: fc.boolean(),
    epoch: counter,
    coordinator: fc.boolean(),
    digest: hash,
    liveHash: hash,
    recent: coverage,
    tunerMode: fc.constantFrom('active', 'observing', 'single-node', 'off'),
    load: fc.constantFrom(0, 0.25, 1 / 3, 1),
    cluster: name,
    protocolMin: fc.constant(1),
    protocolMax: fc.integer({ min: 1, max: 255 }),
    declarationsHash: hash,
    address: fc.constantFrom('', '127.0.0.1:4101', '[::1]:80'),
    addresses: fc.array(fc.constantFrom('a:1', 'b.example:2'), { maxLength: 8 }),
  }),
)

const pullRequest = record<PullRequest>({
  session: counter,
  seen: coverage,
  snapshot: optional(coverage),
  cursor: optional(dot),
  full: fc.boolean(),
  union: fc.boolean(),
  columns: fc.boolean(),
})

/** As a part of a pull has them: one origin's, in order, alike in most that they hold. */
const neighbours: fc.Arbitrary<Update[]> = fc
  .tuple(update, fc.array(fc.tuple(fc.nat(2), fc.nat(2), fc.boolean(), name, optional(jsonValue)), { maxLength: 12 }))
  .map(([first, steps]) => {
    const list: Update[] = [
      { ...first, sequence: 5 as Sequence, group: undefined, trace: undefined, unknownFields: undefined },
    ]
    for (const [gap, elapsedMs, grouped, suffix, value] of steps) {
      const before = list.at(-1)!
      const sequence = (before.sequence + 1 + gap) as Sequence
      list.push({
        ...before,
        parameter: `${before.parameter.slice(0, 3)}${suffix}`.replace(/[\uD800-\uDFFF]/g, '_'),
        value,
        sequence,
        timestampMs: Math.min(before.timestampMs + elapsedMs, 8_640_000_000_000_000),
        group: grouped ? (before.group ?? { first: 2 as Sequence, size: 60 }) : undefined,
      })
    }
    return list
  })

const pullAnswer = record<PullAnswer>({
  session: counter,
  updates: fc.oneof(updates, neighbours),
  last: fc.boolean(),
  cursor: optional(dot),
  snapshot: optional(coverage),
  collected: optional(collected),
  basis: hash,
  full: fc.boolean(),
  dots: optional(dots),
  columns: fc.boolean(),
}).map((answer) => ({ ...answer, columns: answer.columns && fitsColumns(answer.updates) }))

const repair = record<Repair>({ base: coverage, seen: coverage, updates })

const bucketList = fc
  .uniqueArray(fc.nat(1_023), { maxLength: 40 })
  .chain((indices) =>
    fc.tuple(
      ...indices
        .sort((a, b) => a - b)
        .map((index) => fc.tuple(fc.constant(index), fc.integer({ min: 1, max: 2 ** 32 }))),
    ),
  )
const metricReport = record<MetricReport>({
  metric: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 }),
  good: fc.nat(),
  bad: fc.nat(),
  buckets: bucketList,
})
const measurements = record<Measurements>({
  elapsedMs: fc.nat(1_000_000),
  metrics: fc.uniqueArray(metricReport, { selector: ({ metric }) => metric, maxLength: 8 }),
})

export const message: fc.Arbitrary<Message> = fc.oneof(
  updates.map((list): Message => ({ type: 'updates', updates: list })),
  heartbeat.map((beat): Message => ({ type: 'heartbeat', heartbeat: beat })),
  pullRequest.map((request): Message => ({ type: 'pullRequest', request })),
  pullAnswer.map((answer): Message => ({ type: 'pullAnswer', answer })),
  repair.map((content): Message => ({ type: 'repair', repair: content })),
  fc.constant<Message>({ type: 'probe' }),
  runId.map((id): Message => ({ type: 'leave', runId: id })),
  measurements.map((content): Message => ({ type: 'measurements', measurements: content })),
)

export const control: fc.Arbitrary<Control> = fc.oneof(
  fc.tuple(counter, nodeId).map(([number, to]): Control => ({ type: 'receiptRequest', number, to })),
  fc
    .tuple(fc.array(counter, { maxLength: 20 }), optional(fc.nat(8_640_000_000_000_000)))
    .map(([numbers, clockMs]): Control => ({ type: 'receipt', numbers, clockMs })),
)
