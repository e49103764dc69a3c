// Checks the specification: types, the named histories, random runs against every invariant, and that each mutant breaks one.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { MUTANTS } from './mutants.ts'
import { type QuintOutcome, quint, specFolder } from './quint.ts'

const STEPS = '40'
const MUTANT_SAMPLES_MAX = '600'
/** The checks are processes, and this is how many a small machine has cores for. */
const AT_ONCE = 2

const { values: options } = parseArgs({
  options: { samples: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
})

/** Every `val` of mesh.qnt is one. */
const invariants = [...readFileSync(join(specFolder, 'mesh.qnt'), 'utf8').matchAll(/^ {2}val (\w+): bool/gm)].map(
  ([, name]) => name!,
)

interface Check {
  readonly name: string
  /** @returns what is wrong, or undefined */
  readonly run: () => Promise<string | undefined>
}

const succeeds = async (outcome: Promise<QuintOutcome>): Promise<string | undefined> => {
  const { ok, output } = await outcome
  return ok ? undefined : output
}

const randomRuns = (file: string, module: string, samples: string, seed: string): Promise<QuintOutcome> =>
  quint('run', file, [
    ...['--main', module, '--max-samples', samples, '--max-steps', STEPS, '--seed', seed, '--verbosity', '1'],
    ...['--invariants', ...invariants],
  ])

async function breaks({ name, seed, breaks: invariant }: (typeof MUTANTS)[number]): Promise<string | undefined> {
  const { ok, output } = await randomRuns('mutants.qnt', name, MUTANT_SAMPLES_MAX, seed)
  if (!ok && output.includes('[violation]') && new RegExp(`❌ ${invariant}$`, 'm').test(output)) {
    const found = /--seed=(\w+)/.exec(output)?.[1]
    if (found !== seed) console.log(`spec: mutant ${name}: the seed ${seed} breaks nothing any more, ${found} does`)
    return undefined
  }
  return `${invariant} was expected to break\n${output}`
}

const checks: readonly Check[] = [
  {
    name: `${options.samples} random runs of ${STEPS} steps, ${invariants.length} invariants, seed ${options.seed}`,
    run: () => succeeds(randomRuns('configsync.qnt', 'configsync', options.samples, options.seed)),
  },
  { name: 'types of the algorithm', run: () => succeeds(quint('typecheck', 'configsync.qnt', [])) },
  { name: 'types of the mutants', run: () => succeeds(quint('typecheck', 'mutants.qnt', [])) },
  {
    name: 'named histories',
    run: () => succeeds(quint('test', 'configsync.qnt', ['--main', 'configsync', '--max-samples', '1'])),
  },
  ...MUTANTS.map((mutant) => ({ name: `mutant ${mutant.name} breaks ${mutant.breaks}`, run: () => breaks(mutant) })),
]

const waiting = [...checks]
let failed = 0

async function work(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const fault = await check.run()
    console.log(`spec: ${check.name}: ${fault === undefined ? 'ok' : `failed\n${fault}`}`)
    if (fault !== undefined) failed++
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, work))
process.exitCode = failed === 0 ? 0 : 1
