import { describe, expect, it } from 'vitest'
import type { ChangeAnswer, NodeAnswer, ParameterAnswer, TunerAnswer } from '#cli/answers'
import { explanationSentences, type KnownOfParameter } from '#cli/parameter-explanation'

const ORIGIN = 'node-3~0123456789abcdef'
const update = {
  nodeId: 'node-3',
  origin: ORIGIN,
  sequence: 4,
  timestamp: [Date.UTC(2026, 0, 2), 0],
  priority: 0,
  rule: 'latest',
  epoch: 0,
  versionVector: { [ORIGIN]: 4 },
  reason: null,
} as const
const parameter: ParameterAnswer = {
  section: 'pool',
  parameter: 'size',
  value: 20,
  deleted: false,
  source: 'resolved',
  update,
  siblings: [],
}
const node = (nodeId: string, more: Partial<NodeAnswer>): NodeAnswer =>
  ({ nodeId, self: false, inStep: false, behindForMs: null, versionVector: null, ...more }) as NodeAnswer
const tuner = { objectives: [], adjustments: [] } as unknown as TunerAnswer

const sentences = (known: Partial<KnownOfParameter>): string[] =>
  explanationSentences({ parameter, newest: undefined, nodes: [node('node-1', { self: true })], tuner, ...known })

describe('the sentences on a parameter', () => {
  it.each<[string, Partial<ParameterAnswer>, string]>([
    ['was written', {}, 'pool.size is 20, written by node-3 at 2026-01-02T00:00:00.000Z.'],
    [
      'has a default',
      { update: null, source: 'default' },
      'pool.size is 20: nobody has set it, so its declared default holds.',
    ],
    [
      'was deleted',
      { value: null, deleted: true, source: 'none' },
      'pool.size was deleted by node-3 at 2026-01-02T00:00:00.000Z.',
    ],
    [
      'was deleted and has a default',
      { deleted: true, source: 'default' },
      'pool.size is 20, its declared default: it was deleted by node-3 at 2026-01-02T00:00:00.000Z.',
    ],
    [
      'stands, but is refused here',
      { value: 15, source: 'stale', siblings: [{ ...update, value: 'many', deleted: false }] },
      'pool.size is still 15, the last value that was valid here: the schema of this node refuses node-3\'s "many".',
    ],
    [
      'is that of a sibling, because the first is refused here',
      { value: 15, source: 'sibling', siblings: [{ ...update, value: 'many', deleted: false }] },
      'pool.size is 15: the schema of this node refuses node-3\'s "many", so the greatest of the values that stand and are valid here is used.',
    ],
  ])('begin with its value where it %s', (_, more, sentence) => {
    expect(sentences({ parameter: { ...parameter, ...more } })[0]).toBe(sentence)
  })

  it('say why it won', () => {
    const newest = { explanation: "node-3's 20 won over node-1's 15" } as ChangeAnswer
    expect(sentences({ newest })[1]).toBe("node-3's 20 won over node-1's 15.")
  })

  it("name the tuner's hand, what it leaves alone, and its last reason", () => {
    const own = { ...parameter, update: { ...update, epoch: 7 } }
    const objective = (held: string | null) => [{ name: 'latency', parameters: [{ parameter: 'pool.size', held }] }]
    const adjustments = [{ section: 'pool', parameter: 'size', reason: 'p95 was over its goal' }]
    const moved = { objectives: objective(null), adjustments } as unknown as TunerAnswer
    expect(sentences({ parameter: own, tuner: moved })).toEqual(
      expect.arrayContaining([
        'The tuner of node-3 wrote it, in reign 7.',
        'The tuner may move it, for latency; it moved it last because p95 was over its goal.',
      ]),
    )
    const left = { objectives: objective('a person set it'), adjustments: [] } as unknown as TunerAnswer
    expect(sentences({ tuner: left })).toContain('The tuner leaves it alone: a person set it.')
  })

  it('say who lacks it and since when, who has not told, and that all have it', () => {
    const self = node('node-1', { self: true })
    const has = node('node-2', { versionVector: { [ORIGIN]: 4 } })
    const lacks = node('node-4', { versionVector: { [ORIGIN]: 3 }, behindForMs: 3_200 })
    const silent = node('node-5', {})
    expect(sentences({ nodes: [self, has, lacks, silent] }).at(-1)).toBe(
      'node-4 has not shown that it has it, out of step for 3.2 s; node-5 has not told yet.',
    )
    expect(sentences({ nodes: [self, has] }).at(-1)).toBe('All 2 live nodes have it.')
    expect(sentences({}).at(-1)).toBe('No other node is live.')
  })
})
