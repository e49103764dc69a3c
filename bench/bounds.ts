/**
 * Measures every bound of docs/guarantees.md in virtual time, over many seeds, and prints the table.
 *
 *     npm run bench:bounds -- [--seeds 20] [--sizes 5,16,64] [--only TEXT]
 *
 * Fails when one is not kept.
 */
import { parseArgs } from 'node:util'
import { BOUNDS, type Bound, keeps } from '../src/sim/bounds/table.ts'

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    sizes: { type: 'string', default: '5,16,64' },
    only: { type: 'string', default: '' },
  },
})
const sizes = options.sizes.split(',').map(Number)
const seeds = Number(options.seeds)
let missed = 0

/** The worst over all seeds, and over how many samples. */
async function cell(bound: Bound, nodes: number): Promise<string> {
  let worst = Number.NEGATIVE_INFINITY
  let samples = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const figure = await bound.measure(nodes, seed)
    worst = Math.max(worst, figure.worst)
    samples += figure.samples
    if (keeps(bound, figure.worst)) continue
    missed++
    console.error(`${bound.what}: ${nodes} nodes, seed ${seed}: ${figure.worst} ${bound.unit}`)
  }
  return `${Number(worst.toFixed(2))} (${samples})`
}

const row = (cells: readonly string[]) => console.log(`| ${cells.join(' | ')} |`)

row(['what', 'bound', ...sizes.map((nodes) => `${nodes} nodes`)])
row(['---', '---', ...sizes.map(() => '---')])
for (const bound of BOUNDS.filter(({ what }) => what.includes(options.only))) {
  const cells: string[] = []
  for (const nodes of sizes) cells.push(await cell(bound, nodes))
  row([bound.what, `${bound.below ? 'under ' : ''}${bound.limit} ${bound.unit}`.trim(), ...cells])
}
process.exitCode = missed > 0 ? 1 : 0
