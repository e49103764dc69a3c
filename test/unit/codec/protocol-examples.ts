import type { Control } from '#codec/message'
import type { NodeId, Origin, RunId, Sequence } from '#core/identity'
import type { Message } from '#core/protocol'
import type { Update } from '#core/update'

const A = 'node-1~0123456789abcdef' as Origin
const B = 'node-2~fedcba9876543210' as Origin

const first: Update = {
  section: 'mesh',
  parameter: 'batch_size_limit',
  value: 15,
  origin: A,
  sequence: 1 as Sequence,
  timestampMs: 1_760_000_000_000,
  timestampLogical: 0,
  priority: 0,
  rule: 'latest',
  epoch: 0,
  context: [],
  group: undefined,
  reason: undefined,
  trace: undefined,
  unknownFields: undefined,
}

const group = { first: 2 as Sequence, size: 2 }
const second: Update = {
  ...first,
  value: { soft: 0.5, hard: [-7, null, true] },
  sequence: 2 as Sequence,
  timestampLogical: 3,
  priority: 1,
  rule: 'custom:p99',
  context: [B, 9 as Sequence],
  group,
  reason: 'load test',
}
const third: Update = {
  ...second,
  parameter: 'old',
  value: undefined,
  sequence: 3 as Sequence,
  rule: 'max',
  context: [],
  reason: undefined,
}

/** The frames that docs/protocol.md shows, by the names of its blocks. */
export const PROTOCOL_EXAMPLES: Readonly<Record<string, readonly (Message | Control)[]>> = {
  'one update': [{ type: 'updates', updates: [first] }],
  'a group and a receipt request': [
    { type: 'updates', updates: [second, third] },
    { type: 'receiptRequest', number: 70_000, to: 'node-2' as NodeId },
  ],
  heartbeat: [
    {
      type: 'heartbeat',
      heartbeat: {
        nodeId: 'node-1' as NodeId,
        runId: '00112233aabbccdd' as RunId,
        number: 300,
        origin: A,
        intervalMs: 1000,
        wideJitter: false,
        candidate: true,
        epoch: 4,
        coordinator: true,
        digest: [0x01020304, 0xa0b0c0d0],
        liveHash: [7, 0xffff_ffff],
        recent: [
          { origin: A, contiguous: 3, ranges: [[5, 6]] },
          { origin: B, contiguous: 9, ranges: [] },
        ],
        tunerMode: 'observing',
        load: 0.25,
        cluster: 'prod',
        protocolMin: 1,
        protocolMax: 1,
        declarationsHash: [0, 1],
        address: '127.0.0.1:4101',
        addresses: ['127.0.0.1:4102'],
      },
    },
  ],
  'pull request': [
    {
      type: 'pullRequest',
      request: {
        session: 5,
        seen: [{ origin: A, contiguous: 1, ranges: [[3, 3]] }],
        snapshot: undefined,
        cursor: undefined,
        full: false,
        union: false,
        columns: true,
      },
    },
  ],
  'pull answer and a receipt': [
    {
      type: 'pullAnswer',
      answer: {
        session: 5,
        updates: [second],
        last: true,
        cursor: undefined,
        snapshot: [
          { origin: A, contiguous: 3, ranges: [] },
          { origin: B, contiguous: 9, ranges: [] },
        ],
        collected: [],
        basis: [0, 0],
        full: false,
        dots: undefined,
        columns: false,
      },
    },
    { type: 'receipt', numbers: [70_000], clockMs: 1_760_000_000_004 },
  ],
  'pull answer in columns': [
    {
      type: 'pullAnswer',
      answer: {
        session: 5,
        updates: [second, third, { ...first, parameter: 'older', sequence: 7 as Sequence, timestampLogical: 4 }],
        last: false,
        cursor: [A, 7 as Sequence],
        snapshot: undefined,
        collected: undefined,
        basis: [0, 0],
        full: false,
        dots: undefined,
        columns: true,
      },
    },
  ],
}
