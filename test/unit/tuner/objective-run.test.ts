import { expect, it } from 'vitest'
import type { ClosedWindow } from '#tuner/gathered-windows'
import { ObjectiveRun } from '#tuner/objective-run'
import { gathered, move, OBJECTIVE, scripted, tunable, WINDOW_MS } from './tuning-fixture.ts'

const closed = (ms: number, samples: number): ClosedWindow => ({
  metrics: gathered({ ms, samples }),
  elapsedMs: WINDOW_MS,
  spoiled: undefined,
})

it('small windows of before a move has settled are not judged together with those that come after it', () => {
  const run = new ObjectiveRun(OBJECTIVE, scripted([move(36)]))
  let value = 40
  const notes: string[] = []
  const look = (ms: number, samples: number) => {
    const verdict = run.look(closed(ms, samples), [tunable(value)], 0.2)
    run.state = verdict.state
    value = verdict.move?.newValue ?? value
    notes.push(verdict.note)
  }
  look(25_000, 200)
  expect(value).toBe(36)
  // Two windows and a half: what ends in them began before the move.
  look(25_000, 20)
  look(25_000, 20)
  for (let window = 0; window < 3; window++) look(50, 20)
  expect(notes.slice(3)).toEqual([
    'too few samples (under 50): request_ms 20, request_ok 20, request_ms 20',
    'too few samples (under 50): request_ms 40, request_ok 40, request_ms 40',
    'pool.concurrency is on trial',
  ])
  expect(run.window!.metric('request_ms')!.p99).toBeLessThan(60)
})
