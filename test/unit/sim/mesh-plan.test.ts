import { describe, expect, it } from 'vitest'
import { HARSH, SETTLING_MS, scheduleOf, TAIL_MS } from '#sim/mesh-plan'
import { randomSchedule } from '#sim/random-schedule'
import type { ScheduledEvent } from '#sim/schedule'
import { parseSchedule } from '#sim/schedule-file'
import { coded } from '../../support/coded.ts'

const count = (events: readonly ScheduledEvent[], kind: ScheduledEvent['kind']): number =>
  events.filter((event) => event.kind === kind).length

describe('a plan as a schedule', () => {
  it('has as many of each as the rates say, in the order of their time, within the faulty time', () => {
    const { events, healAtMs, nodes } = scheduleOf({
      nodes: 8,
      durationMs: 30_000,
      writesPerSecond: 3,
      partitions: 2,
      oneWayCuts: 4,
      crashes: 6,
      powerCuts: 2,
      stalls: 8,
      joinStorm: 3,
    })
    expect(
      ['write', 'partition', 'cut', 'heal', 'kill', 'power-cut', 'stall'].map((kind) => count(events, kind as 'heal')),
    ).toEqual([90, 1, 2, 3, 3, 1, 4])
    // Whoever dies is started again, and three join.
    expect(count(events, 'start')).toBe(3 + 1 + 3)
    expect(nodes.map(({ present }) => present)).toEqual([true, true, true, true, true, false, false, false])
    expect(events.map(({ atMs }) => atMs)).toEqual(events.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
    expect(healAtMs).toBe(SETTLING_MS + 30_000 + TAIL_MS)
    expect(
      events.every(({ kind, atMs }) => kind !== 'write' || (atMs >= SETTLING_MS && atMs < healAtMs - TAIL_MS)),
    ).toBe(true)
  })

  it('is the same for the same plan and another for another seed', () => {
    expect(scheduleOf({ ...HARSH, seed: 4 })).toEqual(scheduleOf({ ...HARSH, seed: 4 }))
    expect(scheduleOf({ ...HARSH, seed: 4 })).not.toEqual(scheduleOf({ ...HARSH, seed: 5 }))
  })

  it('comes and goes every second when it flaps, in the middle third', () => {
    const { events } = scheduleOf({ durationMs: 30_000, flapping: true, writesPerSecond: 0 })
    const times = events.filter(({ kind }) => kind === 'partition' || kind === 'heal').map(({ atMs }) => atMs)
    expect(times).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24].map((second) => second * 1_000))
  })

  it('makes clocks wrong by at most what it says', () => {
    const { nodes } = scheduleOf({ nodes: 100, clockSkewMs: 500, clockDrift: 0.02 })
    expect(Math.max(...nodes.map(({ clockOffsetMs }) => Math.abs(clockOffsetMs)))).toBeLessThanOrEqual(500)
    expect(Math.max(...nodes.map(({ clockRate }) => Math.abs(clockRate - 1)))).toBeLessThanOrEqual(0.02 + 1e-9)
    expect(new Set(nodes.map(({ clockOffsetMs }) => clockOffsetMs)).size).toBeGreaterThan(10)
  })
})

describe('a schedule in a file', () => {
  it('is read as it was written, whatever happens in it', () => {
    const schedules = [scheduleOf(HARSH), ...Array.from({ length: 50 }, (_, seed) => randomSchedule({ seed }))]
    for (const schedule of schedules) expect(parseSchedule(JSON.stringify(schedule), 'f')).toEqual(schedule)
  })

  const good = scheduleOf({ nodes: 2, durationMs: 1_000 })

  it.each([
    ['no JSON', '{', /^f\.json is no JSON: /],
    ['no object', '[]', /^f\.json: the schedule must be object$/],
    ['a field that lacks', JSON.stringify({ ...good, seed: undefined }), /must have required property 'seed'/],
    ['no node', JSON.stringify({ ...good, nodes: [] }), /^f\.json: \/nodes must NOT have fewer than 1 items$/],
    [
      'a share above 1',
      JSON.stringify({ ...good, link: { ...good.link, lossRate: 2 } }),
      /\/link\/lossRate must be <= 1$/,
    ],
    ['an unknown event', JSON.stringify({ ...good, events: [{ kind: 'quake', atMs: 1 }] }), /\/events\/0 .*kind/],
    [
      'an event without its node',
      JSON.stringify({ ...good, events: [{ kind: 'kill', atMs: 1 }] }),
      /\/events\/0 must have required property 'node'/,
    ],
    ['more than there is', JSON.stringify({ ...good, more: 1 }), /must NOT have additional properties/],
  ])('with %s is refused', (_, text, detail) => {
    expect(() => parseSchedule(text, 'f.json')).toThrow(coded('SCHEDULE_INVALID', detail))
  })
})
