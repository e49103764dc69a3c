import { describe, expect, it } from 'vitest'
import type { Figure } from '#sim/bounds/figure'
import { idle } from '#sim/bounds/presence'
import { type Bound, EXPERIMENTS, type Experiment, keeps, together } from '#sim/bounds/table'

/** A few fixed seeds, and of the small meshes one that nobody has seen; `npm run sim:table` takes many. */
const FRESH = Math.floor(Math.random() * 2 ** 31)
const SEEDS: Readonly<Record<number, readonly number[]>> = { 5: [1, 2, 3, FRESH], 16: [5, FRESH], 64: [7] }

const titled = EXPERIMENTS.map((experiment) => ({
  ...experiment,
  title: experiment.bounds.map(({ what }) => what).join('; '),
}))

async function missed({ bounds, measure }: Experiment, nodes: number, seeds: readonly number[]): Promise<string[]> {
  const runs: (readonly Figure[])[] = []
  for (const seed of seeds) runs.push(await measure(nodes, seed))
  return bounds.flatMap((bound, index) => {
    const figures = runs.map((run) => run[index]!)
    const say = (figure: { readonly value: number }, which: string) =>
      keeps(bound, { ...figure, samples: 0 }) ? [] : [complaint(bound, which, figure.value)]
    // One run says little of a rate.
    if (bound.rate) return say(together(bound, figures), `seeds ${seeds.join(', ')}`)
    return figures.flatMap((figure, run) => say(figure, `seed ${seeds[run]}`))
  })
}

const complaint = ({ what, limit, unit }: Bound, which: string, value: number): string =>
  `${which}: ${what}: ${value} and not ${limit} ${unit}`

describe.each([5, 16, 64])('%i nodes', (nodes) => {
  it.each(titled)('$title', async (experiment) => {
    expect(await missed(experiment, nodes, SEEDS[nodes]!)).toEqual([])
  })
})

describe('a mesh sixteen times as large as its presence budget', () => {
  it('is heard as little as one of 1,000 nodes must be', async () => {
    const presenceBudget = 16
    const [, heard, coldStart] = await idle(256, 1, { presenceBudget, virtualMs: 20_000 })
    expect(coldStart!.value / presenceBudget).toBeLessThan(300 / 64)
    expect(heard!.value / presenceBudget).toBeLessThan(100 / 64)
  })
})
