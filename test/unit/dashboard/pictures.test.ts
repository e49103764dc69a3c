import { describe, expect, it } from 'vitest'
import { LogLines } from '#dashboard/model/log-lines'
import { lagStep, matrixOf } from '#dashboard/model/matrix'
import { Members } from '#dashboard/model/members'
import { COLUMN_WIDTH, layoutStory } from '#dashboard/model/story-layout'
import { measuredOf, Tuning } from '#dashboard/model/tuning'
import { spaceTimeOf } from '#observe/space-time/model'
import { member, update } from './samples.ts'

describe('the matrix of version vectors', () => {
  const members = new Members()
  members.take([
    member('a', { self: true, vector: { 'a~1': 5, 'b~1': 2 } }),
    member('b', { vector: { 'a~1': 3, 'b~1': 2 } }),
    member('c', { vector: null }),
  ])
  members.tell({ at: 0, nodeId: 'd', state: 'gone' })
  const matrix = matrixOf(members.views(), members.tops())

  it('says how much each node has shown of each origin, and lacks', () => {
    expect(matrix.nodes.map(({ nodeId }) => nodeId)).toEqual(['a', 'b', 'c'])
    expect(matrix.columns.map(({ label, top }) => [label, top])).toEqual([
      ['a', 5],
      ['b', 2],
    ])
    expect([0, 1, 2].map((row) => [0, 1].map((column) => matrix.lag(row, column)))).toEqual([
      [0, 0],
      [2, 0],
      [undefined, undefined],
    ])
    expect(matrix.seen(1, 0)).toBe(3)
  })

  it('tells the incarnations of a node apart where there are several', () => {
    const restarted = new Members()
    restarted.take([member('a', { self: true, vector: { 'a~1234abcd': 5, 'a~9876fedc': 1, 'b~1': 1 } })])
    expect(matrixOf(restarted.views(), restarted.tops()).columns.map(({ label }) => label)).toEqual([
      'a~1234',
      'a~9876',
      'b',
    ])
  })

  it('has few steps of colour, and the last for who told nothing', () => {
    expect([0, 1, 2, 3, 9, 10, 99, 100, 5_000, undefined].map(lagStep)).toEqual([0, 1, 1, 2, 2, 3, 3, 4, 4, 4])
  })
})

describe('the layout of a story', () => {
  const one = { ...update('node-1', 1), value: 15, deleted: false }
  const other = { ...update('node-3', 1), value: 20, deleted: false }
  const change = { dropped: false, superseded: [], explanation: 'node-3 won' }
  const diagram = spaceTimeOf([
    {
      section: 'a',
      parameter: 'x',
      history: [
        { ...change, update: other, concurrent: [one], winner: other, decidedBy: 'timestamp' },
        { ...change, update: one, concurrent: [], winner: one, decidedBy: null },
      ],
    },
  ])

  it('has a lane for each node, a column for each update, and one behind those that met', () => {
    const { marks, meetings, laneY, width, height } = layoutStory(diagram, COLUMN_WIDTH.preset)
    expect(marks.map(({ y }) => y)).toEqual(laneY)
    expect(meetings).toHaveLength(1)
    expect(meetings[0]!.x - marks[1]!.x).toBe(COLUMN_WIDTH.preset)
    expect(meetings[0]!.y).toBe((laneY[0]! + laneY[1]!) / 2)
    expect(width).toBeGreaterThan(meetings[0]!.x)
    expect(height).toBeGreaterThan(laneY[1]!)
  })

  it('is as wide as it is zoomed', () => {
    const gaps = [COLUMN_WIDTH.least, COLUMN_WIDTH.most].map((column) => {
      const [first, second] = layoutStory(diagram, column).marks
      return second!.x - first!.x
    })
    expect(gaps).toEqual([COLUMN_WIDTH.least, COLUMN_WIDTH.most])
  })
})

describe('the log', () => {
  it('keeps the latest lines, and finds them by level and words', () => {
    const log = new LogLines()
    for (let i = 0; i < 5_000; i++)
      log.add(JSON.stringify({ level: i % 2 ? 'warn' : 'info', time: '', event: 'test.line', msg: `line ${i}` }))
    expect(log.matching('', 'info')).toHaveLength(2_000)
    expect(log.matching('', 'info')[0]!.msg).toBe('line 4999')
    expect(log.matching('', 'warn').every(({ level }) => level === 'warn')).toBe(true)
    expect(log.matching('LINE 4998', 'info').map(({ msg }) => msg)).toEqual(['line 4998'])
    expect(log.matching('line 4998', 'warn')).toEqual([])
    expect(log.matching('test.line 17', 'info').map(({ msg }) => msg)).not.toContain('line 17')
  })
})

describe('the tuner on the page', () => {
  const goal = { metric: 'job_ms', p95AtMost: 20, rateAtLeast: null, raise: null, standing: 'met' as const }
  const measured = { samples: 9, perSecond: 3, mean: 1, p50: 1, p95: 12, p99: 13, successRate: 0.5 }
  const status = (p95: number) =>
    ({
      mode: 'active',
      epoch: 1,
      windowMs: 1,
      objectives: [{ name: 'pool', goals: [{ ...goal, measured: { ...measured, p95 } }] }],
    }) as never

  it('measures by what the goal is about', () => {
    expect(measuredOf({ ...goal, measured })).toBe(12)
    expect(measuredOf({ ...goal, p95AtMost: null, rateAtLeast: 0.9, measured })).toBe(0.5)
    expect(measuredOf({ ...goal, p95AtMost: null, raise: 'throughput', measured })).toBe(3)
    expect(measuredOf({ ...goal, measured: null })).toBeNull()
  })

  it('has a point for each window, once, though a stream that resumes may tell it again', () => {
    const tuning = new Tuning()
    for (const at of [1_000, 2_000, 2_000, 3_000]) tuning.tell({ at, kind: 'window', status: status(at / 100) })
    expect(tuning.points('pool', 'job_ms')).toEqual([
      { at: 1_000, value: 10 },
      { at: 2_000, value: 20 },
      { at: 3_000, value: 30 },
    ])
    expect(tuning.points('pool', 'other')).toEqual([])
  })
})
