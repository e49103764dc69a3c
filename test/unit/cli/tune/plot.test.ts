import pico from 'picocolors'
import { describe, expect, it } from 'vitest'
import { Course, type CourseMark, type CoursePoint } from '#cli/demo/tune/course'
import { plotLines } from '#cli/demo/tune/plot'
import { renderTuneScreen } from '#cli/demo/tune/tune-screen'
import { adjustmentText, pointText } from '#cli/demo/tune/tune-text'
import { MetricSet } from '#tuner/metric-set'

const PLAIN = pico.createColors(false)
const LIMITS = { concurrency: 2, batchSize: 4, batchTimeLimitMs: 100 }

const points = (p95s: readonly (number | undefined)[], marks: Readonly<Record<number, CourseMark[]>> = {}) =>
  p95s.map((p95, i): CoursePoint => ({ atS: i + 1, p95, jobs: 100, limits: [LIMITS], marks: marks[i] ?? [] }))

describe('the plot', () => {
  it('shows p95 against its goal, and what happened when', () => {
    const shown = points([400, 3_200, 3_200, 800, 200, 100, undefined, 50, 25, 100, 12], {
      1: ['adjust'],
      3: ['adjust', 'revert'],
      5: ['load'],
    })
    expect(plotLines(shown, 200, { columns: 40, rows: 7 }, PLAIN)).toEqual([
      ' 3200 ms │ ██        ',
      '         │ ██        ',
      '         │ ███       ',
      '  200 ms ┤████┄┄┄┄┄┄┄',
      '         │█████      ',
      '         │██████   █ ',
      '         │██████ █▁█▁',
      '         └─▲─▼─◆─────',
      '                   10 s',
    ])
  })

  it('keeps to its columns, with the latest seconds', () => {
    const lines = plotLines(points(Array.from({ length: 200 }, (_, i) => i + 1)), 200, { columns: 30, rows: 5 }, PLAIN)
    expect(lines.slice(0, 6).map(({ length }) => length)).toEqual([30, 30, 30, 30, 30, 30])
    expect(lines.at(-1)).toContain('190 s')
  })
})

describe('the screen of demo --tune', () => {
  const record = { section: 'pool', parameter: 'concurrency', oldValue: 16, newValue: 8, reason: 'p95 over its goal' }
  const adjustment = { ...record, kind: 'adjust', atS: 6 } as never
  const view = {
    goalMs: 200,
    points: points([400, 150]),
    adjustments: [adjustment],
    running: 4,
    nodes: 5,
    clients: 30,
    doing: 'something happens',
    command: 'configsync',
    http: '127.0.0.1:7102',
  }

  it.each([
    [80, 24],
    [40, 16],
    [160, 50],
  ])('fits %i columns and %i rows', (columns, rows) => {
    const lines = renderTuneScreen(view, { columns, rows }, PLAIN)
    expect(lines.length).toBeLessThanOrEqual(rows)
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns)
    expect(lines.join('\n')).toContain('something happens')
    expect(lines.join('\n')).toContain('▲ pool.concurrency 16 → 8')
  })

  it('says each second and each adjustment in a line where there is no terminal', () => {
    expect(pointText(view.points[0]!, 200)).toMatch(
      /^ +1 s {2}p95 +400 ms {2}missed .* 100 jobs\/s .* 2 batches of 4, wait 100 ms$/,
    )
    expect(pointText({ ...view.points[0]!, p95: undefined }, 200)).toContain('too few jobs')
    expect(adjustmentText({ ...record, kind: 'revert' } as never)).toBe('▼ pool.concurrency 16 → 8: p95 over its goal')
  })
})

describe('the course', () => {
  const jobsOf = (ms: number, count: number) => {
    const set = new MetricSet()
    for (let i = 0; i < count; i++) set.observe('job_ms', ms)
    return set.reports()
  }
  const record = { nodeId: 'node-1', epoch: 1, section: 'pool', parameter: 'concurrency', newValue: 8, reason: 'why' }
  const adjustment = { ...record, kind: 'adjust' } as never

  it('puts the jobs of all nodes of a second together', () => {
    const course = new Course('job_ms')
    course.measured('node-1', jobsOf(100, 50), LIMITS)
    course.measured('node-2', jobsOf(1_000, 50), { ...LIMITS, concurrency: 4 })
    const point = course.close()
    expect(point.jobs).toBe(100)
    expect(point.p95! / 1_000).toBeCloseTo(1, 1)
    expect(point.limits).toHaveLength(2)
    expect(course.close()).toMatchObject({ jobs: 0, p95: undefined })
  })

  it('knows on which nodes an adjustment is in force, and tells of it once', () => {
    const course = new Course('job_ms')
    expect(course.adjusted('node-1', adjustment)).toBeDefined()
    expect(course.adjusted('node-2', adjustment)).toBeUndefined()
    expect(course.adjustments.map(({ seenBy }) => [...seenBy])).toEqual([['node-1', 'node-2']])
    expect(course.close().marks).toEqual(['adjust'])
  })

  it('judges no three seconds of which one lies before the load', () => {
    const course = new Course('job_ms')
    for (let second = 0; second < 3; second++) {
      course.measured('node-1', jobsOf(100, 50), LIMITS)
      course.close()
    }
    expect(course.recentP95(-1)! / 100).toBeCloseTo(1, 1)
    expect(course.recentP95(0)).toBeUndefined()
  })
})
