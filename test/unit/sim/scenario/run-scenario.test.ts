import { describe, expect, it } from 'vitest'
import { runScenario } from '#sim/scenario/run-scenario'

const play = async (lines: readonly string[], seed?: number): Promise<string[]> => {
  const { text } = await runScenario(lines.join('\n'), seed === undefined ? {} : { seed })
  return text
    .trimEnd()
    .split('\n')
    .slice(lines.length + 1)
}

describe('a scenario that is played', () => {
  it('prints ok where nothing is to be said', async () => {
    expect(await play(['start n1 n2', 'run 1s'])).toEqual(['ok'])
  })

  it('is the same for the same seed, and another run for another', async () => {
    const lines = [
      'start n1 n2 n3',
      'loss 60%',
      'put n1 a.b 1',
      'run 20ms',
      'show',
      'run 100ms',
      'show',
      'run 1s',
      'show',
    ]
    const runs = await Promise.all([1, 1, 2, 3, 4, 5].map((seed) => play(lines, seed)))
    expect(runs[1]).toEqual(runs[0])
    expect(new Set(runs.map((run) => run.join('\n'))).size).toBeGreaterThan(1)
  })

  it('passes when it prints what it says, and tells the difference when not', async () => {
    const right = 'start n1\nput n1 a.b 1\nshow\n----\nn1:1\na.b = 1\n'
    expect(await runScenario(right)).toMatchObject({ passed: true, differences: [], text: right })
    const wrong = await runScenario(`# Why.\n${right.replace('a.b = 1', 'a.b = 2')}`)
    expect(wrong).toMatchObject({
      passed: false,
      differences: [{ line: 2, expected: ['n1:1', 'a.b = 2'], printed: ['n1:1', 'a.b = 1'] }],
    })
    expect(wrong.text).toBe(`# Why.\n${right}`)
  })

  it('says which groups are left when it does not settle', async () => {
    const lines = ['start n1 n2 n3', 'settle', 'partition n1 n3 | n2', 'put n2 a.b 1', 'settle within 3s']
    expect((await play(lines)).at(-1)).toBe('not equal after 3 H: n1 n3 | n2')
  })

  it.each([
    ['show\nput n1 a.b 1', 2, 'n1 was never started'],
    ['start n1\nstop n1\nput n1 a.b 1', 3, 'n1 does not run'],
    ['start n1\nstart n1', 2, 'n1 runs already'],
    ['start n1 disk=none\nbackup n1', 2, 'n1 has no disk'],
    ['start n1\nstop n1\nrestore n1', 3, 'n1 has no backup'],
    ['start n1\nbackup n1\nrestore n1', 3, 'n1 runs; stop or crash it first'],
    ['start n1\ndeclare a.b max', 2, 'declare before the first start'],
    ['start n1 n2\nput n1 a.b 1\nput n1 a.b 2 reaches=none', 3, 'n1 has just sent something'],
  ])('%j is stopped in line %i: %s', async (text, line, detail) => {
    await expect(runScenario(text, { name: 'f.txt' })).rejects.toThrow(
      expect.objectContaining({
        code: 'SCENARIO_INVALID',
        detail: expect.stringContaining(`f.txt:${line}: ${detail}`),
      }),
    )
  })
})
