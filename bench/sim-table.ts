/**
 * Measures every bound of docs/guarantees.md in virtual time, for meshes of 5 to 1,000 nodes, and prints the table. Fails when one
 * is not kept, and says by which seed.
 *
 *     npm run sim:table
 *     npm run sim:table -- --sizes 5,16 --seeds 100 --only partition      more of one row
 *     npm run sim:table -- --sizes 5 --seed 1907 --only '20 % loss'       one run again
 *     npm run sim:table -- --minute                                       1,000 nodes for 60 simulated seconds
 *     npm run sim:table -- --write                                        both, into docs/guarantees.md
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Figure } from '#sim/bounds/figure'
import { type Bound, EXPERIMENTS, keeps, together } from '#sim/bounds/table'
import { runJobs } from './job-queue.ts'
import { describeMachine, machineLine } from './machine.ts'
import { writeBetween } from './page.ts'
import type { Job, Outcome } from './sim-job.ts'

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '5,16,64,256,1000' },
    seeds: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
    minute: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})

const PROCESSES = 2
const PAGE = new URL('../docs/guarantees.md', import.meta.url)
const MINUTE_NODES = 1_000

/** A large mesh has many nodes to be the worst one, and takes as much longer. */
function seedsFor(nodes: number): readonly number[] {
  if (options.seed !== undefined) return [Number(options.seed)]
  const count = options.seeds === undefined ? defaultSeeds(nodes) : Number(options.seeds)
  return Array.from({ length: count }, (_, index) => index + 1)
}

function defaultSeeds(nodes: number): number {
  if (nodes <= 5) return 40
  if (nodes <= 16) return 20
  if (nodes <= 64) return 6
  return nodes <= 256 ? 2 : 1
}

type Runs = Map<string, (readonly Figure[])[]>

const keyOf = (experiment: number, nodes: number): string => `${experiment} ${nodes}`
const cpuSeconds = (ms: number): string => `${Math.round(ms / 1000)} s of CPU`

/** On a terminal one line that changes; else a line now and then. */
const PROGRESS_APART_MS = 10_000
let toldMs = Number.NEGATIVE_INFINITY

function progress(done: number, of: number, text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${done}/${of} ${text}${done === of ? '\n' : ''}`)
  else if (done === of || performance.now() >= toldMs + PROGRESS_APART_MS) {
    toldMs = performance.now()
    console.error(`${done}/${of} ${text}`)
  }
}

const complaint = ({ what, unit }: Bound, nodes: number, seeds: string, { value }: Figure): string =>
  `${what}: ${nodes} nodes, ${seeds}: ${Number(value.toFixed(3))} ${unit}`.trim()

interface Table {
  readonly lines: readonly string[]
  readonly missed: readonly string[]
}

async function measuredTable(): Promise<Table> {
  const sizes = options.sizes.split(',').map(Number)
  const experiments = [...EXPERIMENTS.keys()].filter((index) =>
    EXPERIMENTS[index]!.bounds.some(({ what }) => what.includes(options.only)),
  )
  // The longest first, so that both processes end at about the same time.
  const jobs: Job[] = sizes
    .toSorted((a, b) => b - a)
    .flatMap((nodes) => experiments.map((experiment) => ({ nodes, experiment })))
    .flatMap(({ nodes, experiment }) =>
      seedsFor(nodes).map((seed) => ({ type: 'experiment' as const, experiment, nodes, seed })),
    )
  const runs: Runs = new Map()
  const missed: string[] = []
  const startMs = performance.now()
  let done = 0
  let cpuMs = 0
  await runJobs(jobs, PROCESSES, (job, outcome) => {
    cpuMs += outcome.cpuMs
    if (job.type === 'experiment') note(job, outcome, runs, missed)
    progress(++done, jobs.length, `${job.nodes} nodes, ${cpuSeconds(cpuMs)}`)
  })
  const rows = experiments.flatMap((experiment) =>
    EXPERIMENTS[experiment]!.bounds.map((bound, index) => row(experiment, bound, index, sizes, runs, missed)),
  )
  const lines = [
    tableRow(['what', 'bound', ...sizes.map((nodes) => `${nodes.toLocaleString('en')} nodes`)]),
    tableRow(['---', '---', ...sizes.map(() => '---')]),
    ...rows,
    '',
    `${jobs.length} runs took ${cpuSeconds(cpuMs)}, and ${Math.round((performance.now() - startMs) / 1000)} s of real time on`,
    `${machineLine(describeMachine())}, whose load was ${loadavg()[1]!.toFixed(1)}.`,
  ]
  return { lines, missed }
}

/** Of a rate, one run says little: it is judged when all are there. */
function note(
  job: Extract<Job, { type: 'experiment' }>,
  { figures, failure }: Outcome,
  runs: Runs,
  missed: string[],
): void {
  const { experiment, nodes, seed } = job
  const { bounds } = EXPERIMENTS[experiment]!
  if (figures === undefined) {
    missed.push(`${bounds[0]!.what}: ${failure}`)
    return
  }
  for (const [index, bound] of bounds.entries())
    if (!bound.rate && !keeps(bound, figures[index]!))
      missed.push(complaint(bound, nodes, `seed ${seed}`, figures[index]!))
  const key = keyOf(experiment, nodes)
  runs.set(key, [...(runs.get(key) ?? []), figures])
}

const tableRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`

function row(
  experiment: number,
  bound: Bound,
  index: number,
  sizes: readonly number[],
  runs: Runs,
  missed: string[],
): string {
  const cells = sizes.map((nodes) => {
    const figures = (runs.get(keyOf(experiment, nodes)) ?? []).map((run) => run[index]!)
    if (figures.length === 0) return 'failed'
    const figure = together(bound, figures)
    if (bound.rate && !keeps(bound, figure)) missed.push(complaint(bound, nodes, `${figures.length} seeds`, figure))
    return `${Number(figure.value.toFixed(2))} (${Math.round(figure.samples)})`
  })
  return tableRow([bound.what, `${bound.below ? 'under ' : ''}${bound.limit} ${bound.unit}`.trim(), ...cells])
}

/** Alone on the machine as far as we are concerned: one process. */
async function measuredMinute(): Promise<readonly string[]> {
  const lines: string[] = []
  for (const lossRate of [0, 0.2]) {
    await runJobs([{ type: 'minute', nodes: MINUTE_NODES, seed: 1, lossRate }], 1, (_, outcome) => {
      lines.push(minuteLine(lossRate, outcome))
      progress(lines.length, 2, lines.at(-1)!)
    })
  }
  return [
    tableRow(['loss', 'real time', 'CPU', 'peak memory', 'frames delivered', 'load of the machine']),
    tableRow(Array.from({ length: 6 }, () => '---')),
    ...lines,
  ]
}

function minuteLine(lossRate: number, outcome: Outcome): string {
  if (outcome.figures === undefined) throw new Error(outcome.failure)
  return tableRow([
    `${lossRate * 100} %`,
    `${(outcome.realMs / 1000).toFixed(1)} s`,
    `${(outcome.cpuMs / 1000).toFixed(1)} s`,
    `${(outcome.residentBytesMax / 2 ** 30).toFixed(2)} GiB`,
    outcome.figures[0]!.value.toLocaleString('en'),
    loadavg()[0]!.toFixed(1),
  ])
}

function show(name: string, lines: readonly string[]): void {
  console.log(lines.join('\n'))
  if (options.write) writeBetween(PAGE, name, lines)
}

if (options.minute || options.write) show('minute', await measuredMinute())
if (!options.minute) {
  const { lines, missed } = await measuredTable()
  show('bounds', lines)
  for (const text of missed) console.error(`missed: ${text}`)
  process.exitCode = missed.length > 0 ? 1 : 0
}
