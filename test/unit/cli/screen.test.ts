import { stripVTControlCharacters } from 'node:util'
import pico from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { StatusAnswer } from '#cli/answers'
import { type DemoView, renderScreen, type ScreenNode } from '#cli/demo/screen'
import { cutToWidth } from '#cli/screen-line'

const plain = pico.createColors(false)
const size = { columns: 120, rows: 40 }

function node(n: number, config: Record<string, Record<string, number>>, digest = 'd'.repeat(16)): ScreenNode {
  const nodeId = `node-${n}`
  const status = {
    nodeId,
    digest,
    liveHash: 'l',
    isCoordinator: n === 1,
    versionVector: { [`node-1~${'0'.repeat(16)}`]: 3 },
  }
  return {
    nodeId,
    http: `127.0.0.1:710${n}`,
    running: true,
    snapshot: { nodeId, status: status as unknown as StatusAnswer, config },
  }
}

const view = (nodes: readonly ScreenNode[], more: Partial<DemoView> = {}): DemoView => ({
  nodes,
  chosen: 0,
  steps: [],
  doing: undefined,
  latest: [],
  command: 'configsync',
  ...more,
})

describe('the screen of the demo', () => {
  it('shows every node with its role, addresses to try, and the keys', () => {
    const dead = { ...node(3, {}), running: false, snapshot: undefined }
    const text = renderScreen(view([node(1, { a: { b: 1 } }), node(2, { a: { b: 1 } }), dead]), size, plain).join('\n')
    expect(text).toContain('2 of 3 agents live')
    expect(text).toMatch(/▸ node-1 +coordinator +127\.0\.0\.1:7101 +dddddddd +3/)
    expect(text).toMatch(/node-3 +dead +127\.0\.0\.1:7103 +- +\?/)
    expect(text).toMatch(/a\.b +1/)
    expect(text).toContain('configsync set mesh.batch_size_limit 25 --http 127.0.0.1:7101')
    expect(text).toMatch(/ w {2}write .* k {2}kill .* q {2}quit/)
    expect(text).toContain('every live node agrees')
  })

  it('does not claim agreement while values differ, and says who has what', () => {
    const text = renderScreen(view([node(1, { a: { b: 1 } }), node(2, { a: { b: 2 } }, 'other')]), size, plain).join(
      '\n',
    )
    expect(text).not.toContain('every live node agrees')
    expect(text).toContain('1 on node-1; 2 on node-2')
  })

  it('does not claim agreement of a node that has not answered', () => {
    const silent = { ...node(2, {}), snapshot: undefined }
    expect(renderScreen(view([node(1, {}), silent]), size, plain).join('\n')).not.toContain('every live node agrees')
  })

  it('shows the latest steps with their times', () => {
    const steps = [
      { title: 'node-2 sets a.b = 2', lines: [], tookMs: 3.1, reachedMs: { 'node-1': 3.1, 'node-2': 1.5 } },
    ]
    const text = renderScreen(view([node(1, {})], { steps }), size, plain).join('\n')
    expect(text).toContain('✔ node-2 sets a.b = 2  3.1 ms')
    expect(text).toContain('node-1 3.1 ms · node-2 1.5 ms')
  })

  it('cuts off no command that is to be copied, and no key, on a terminal of the usual width', () => {
    const nodes = [1, 2].map((n) => ({ ...node(n, {}), http: '127.0.0.1:36135' }))
    const text = renderScreen(view(nodes, { command: 'npx configsync' }), { columns: 80, rows: 40 }, plain).join('\n')
    expect(text.split('\n').filter((line) => line.includes('127.0.0.1:36135') && line.endsWith('…'))).toEqual([])
    expect(text).toContain('every live node agrees')
    expect(text).toMatch(/watch --http 127\.0\.0\.1:36135$/m)
    expect(text).toMatch(/ q {2}quit$/m)
  })

  it.each([
    [80, 24],
    [40, 20],
    [200, 60],
    [20, 5],
  ])('fits into %d columns and %d rows', (columns, rows) => {
    const config = { section: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`parameter_${i}`, i])) }
    const steps = Array.from({ length: 30 }, (_, i) => ({ title: `step ${i}`, lines: ['x'.repeat(300)], tookMs: i }))
    const lines = renderScreen(
      view(
        [1, 2, 3, 4, 5].map((n) => node(n, config)),
        { steps },
      ),
      { columns, rows },
      pico.createColors(true),
    )
    expect(lines.length).toBeLessThanOrEqual(rows)
    for (const line of lines) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(columns)
  })
})

describe('cutting a line', () => {
  it('leaves colours whole and lets them end', () => {
    const { red } = pico.createColors(true)
    expect(stripVTControlCharacters(cutToWidth(`ab${red('cdef')}g`, 5))).toBe('abcd…')
    expect(cutToWidth(`ab${red('cdef')}g`, 5)).toContain('\u001b[39m')
    expect(cutToWidth(red('ab'), 2)).toBe(red('ab'))
  })
})
