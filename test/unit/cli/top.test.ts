import pico from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { ConflictAnswer, NodeAnswer, StatusAnswer } from '#cli/answers'
import { type Look, lacksOf } from '#cli/top/look'
import { renderTop, type TopView } from '#cli/top/screen'

const plain = pico.createColors(false)
const A = 'node-1~0123456789abcdef'

const member = (n: number, more: Partial<NodeAnswer> = {}): NodeAnswer =>
  ({
    nodeId: `node-${n}`,
    self: n === 1,
    coordinator: n === 1,
    state: 'live',
    inStep: true,
    behindForMs: 0,
    silentForMs: 100,
    clockOffsetMs: 0,
    load: 0.1,
    tunerMode: 'observing',
    versionVector: { [A]: 5 },
    ...more,
  }) as NodeAnswer

function viewOf(members: NodeAnswer[], more: Partial<Look> = {}, status: Partial<StatusAnswer> = {}): TopView {
  const whole = {
    nodeId: 'node-1',
    cluster: 'prod',
    uptimeMs: 60_000,
    ready: true,
    turnedAway: null,
    coordinator: 'node-1',
    epoch: 3,
    load: 0.1,
    tunerMode: 'active',
    store: null,
    parameters: 4,
    appliedUpdates: 9,
    conflicts: 1,
    repairs: 0,
    rejected: {},
    divergences: 0,
    members,
    ...status,
  } as unknown as StatusAnswer
  const look: Look = {
    at: 10_000,
    status: whole,
    lacks: lacksOf(members),
    changesPerSecond: 3.25,
    changes: [],
    conflicts: [],
    ...more,
  }
  return { look, lost: undefined }
}

const shown = (view: TopView, columns = 140, rows = 40): string => renderTop(view, { columns, rows }, plain).join('\n')

describe('the screen of top', () => {
  it('says first that all is well', () => {
    const text = shown(viewOf([member(1), member(2)]))
    expect(text).toContain('● all 2 in step')
    expect(text).toContain('coordinator node-1, epoch 3; tuner active; load 10 %')
    expect(text).toContain('3.3 changes/s')
  })

  it('says it also where there is little room', () => {
    expect(shown(viewOf([member(1), member(2)]), 20, 4)).toContain('● all 2 in step')
  })

  it('says which node does not have what, and since when', () => {
    const behind = member(3, { inStep: false, behindForMs: 3_200, versionVector: { [A]: 2 }, clockOffsetMs: 10_000 })
    const text = shown(viewOf([member(1), member(2), behind]))
    expect(text).toContain('○ node-3 behind or unlike')
    expect(text).toMatch(/node-3 +live +no +3 +3\.2 s +100 ms +\+10 s +10 % +observing/)
  })

  it('says that the store fails, that something diverged, and that the agent does not answer', () => {
    const view = viewOf([member(1)], {}, { divergences: 2, store: { name: 'sqlite', failure: 'STORE_FULL' } })
    const text = shown({ ...view, lost: { reason: 'ECONNREFUSED', sinceMs: 4_000 } })
    expect(text).toContain('store failing: STORE_FULL')
    expect(text).toContain('2 divergences')
    expect(text).toContain('no answer for 6.0 s: ECONNREFUSED')
  })

  it('says that nobody takes this node in, who refused it, and why', () => {
    const turnedAway = { by: 'node-2 (h:1)', code: 'NODE_DUPLICATE', detail: 'd', hint: 'h', forMs: 12_000 } as const
    const text = shown(viewOf([member(1)], {}, { ready: false, turnedAway }))
    expect(text).toContain('○ not ready: turned away')
    expect(text).toContain('turned away by node-2 (h:1), for 12 s: NODE_DUPLICATE, d')
  })

  it('counts what a member lacks of the furthest that anybody told', () => {
    const vectors = [{ a: 5, b: 1 }, { a: 3 }, null].map((versionVector) => ({
      self: false,
      inStep: null,
      versionVector,
    }))
    expect(lacksOf(vectors)).toEqual([0, 3, null])
  })

  it.each([
    [80, 24],
    [40, 12],
    [200, 60],
    [20, 4],
  ])('fits into %d columns and %d rows, however many members, changes and conflicts there are', (columns, rows) => {
    const members = Array.from({ length: 100 }, (_, i) => member(i + 1))
    const changes = Array.from({ length: 100 }, (_, i) => ({
      section: 's',
      parameter: 'x'.repeat(200),
      value: i,
      previous: null,
      deleted: false,
      at: i,
      update: { nodeId: 'node-1', reason: null },
    })) as unknown as Look['changes']
    const conflict = {
      at: 0,
      section: 's',
      parameter: 'p',
      value: 1,
      winner: { nodeId: 'a' },
      losers: [],
      explanation: 'e',
    }
    const conflicts = Array.from({ length: 20 }, () => conflict as unknown as ConflictAnswer)
    const lines = renderTop(viewOf(members, { changes, conflicts }), { columns, rows }, plain)
    expect(lines.length).toBeLessThanOrEqual(rows)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns)
  })
})
