import { expect, it } from 'vitest'
import { HybridClock } from '#core/hybrid-clock'
import { LOGICAL_MAX } from '#core/limits'

const stampOf = (clock: HybridClock): [number, number] => [clock.milliseconds, clock.logical]

function clockAt(milliseconds: number, logical = 0): HybridClock {
  const clock = new HybridClock(5_000)
  clock.restore(milliseconds, logical)
  return clock
}

it('follows the wall clock, in whole milliseconds', () => {
  const clock = new HybridClock(5_000)
  clock.tick(1_000.75)
  expect(stampOf(clock)).toEqual([1_000, 0])
  clock.tick(2_000)
  expect(stampOf(clock)).toEqual([2_000, 0])
})

it('counts within a millisecond and while the wall clock stands behind', () => {
  const clock = clockAt(1_000)
  clock.tick(1_000)
  clock.tick(999)
  expect(stampOf(clock)).toEqual([1_000, 2])
})

it('stamps later than what it has seen', () => {
  const clock = clockAt(1_000)
  expect(clock.observe(3_000, 7, 1_000)).toBe('taken')
  clock.tick(1_001)
  expect(stampOf(clock)).toEqual([3_000, 8])
})

it('is not moved by a stamp that is behind', () => {
  const clock = clockAt(1_000, 5)
  expect(clock.observe(1_000, 4, 1_000)).toBe('taken')
  expect(clock.observe(10, 9, 1_000)).toBe('taken')
  expect(stampOf(clock)).toEqual([1_000, 5])
})

it('is not moved by a stamp further ahead than the drift allowed, and says so', () => {
  const clock = clockAt(1_000)
  expect(clock.observe(6_001, 0, 1_000)).toBe('drift')
  expect(stampOf(clock)).toEqual([1_000, 0])
  expect(clock.observe(6_000, 0, 1_000)).toBe('taken')
  expect(stampOf(clock)).toEqual([6_000, 0])
})

it('comes back to the wall clock when the stored stamp is out of the bound', () => {
  const clock = clockAt(3_600_000, 9)
  clock.tick(1_000)
  expect(stampOf(clock)).toEqual([1_000, 1])
})

it('comes back before it takes a remote stamp, so that the next own stamp is later than that', () => {
  const clock = clockAt(3_600_000, 9)
  expect(clock.observe(2_000, 3, 1_000)).toBe('taken')
  clock.tick(1_000)
  expect(stampOf(clock)).toEqual([2_000, 4])
})

it('moves on by a millisecond when the counter is used up', () => {
  const clock = clockAt(1_000, LOGICAL_MAX)
  clock.tick(1_000)
  expect(stampOf(clock)).toEqual([1_001, 0])
})

it('rather repeats a stamp than leave the bound', () => {
  const clock = clockAt(6_000, LOGICAL_MAX)
  clock.tick(1_000)
  expect(stampOf(clock)).toEqual([6_000, LOGICAL_MAX])
})

it('takes a changed drift at once', () => {
  const clock = clockAt(4_000)
  clock.driftMaxMs = 1_000
  clock.tick(2_000)
  expect(stampOf(clock)).toEqual([2_000, 1])
})
