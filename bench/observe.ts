/**
 * What measuring costs a program: tuner.observe beside a bare counter in a Map, in one process, in turns.
 *
 *     npm run bench:observe
 */
import { AutoTuner } from '#tuner/auto-tuner'
import { describeMachine, machineLine, nowMs } from './machine.ts'
import { markdownTable } from './report.ts'
import { median } from './statistics.ts'

const OBSERVATIONS = 1_000_000
const ROUNDS = 9

const values = Array.from({ length: 4_096 }, () => 20 * Math.exp(2 * Math.random() - 1))
const tuner = new AutoTuner()
const counters = new Map<string, number>()

const SUBJECTS: Readonly<Record<string, (i: number) => void>> = {
  'a counter in a Map': () => counters.set('request_ms', (counters.get('request_ms') ?? 0) + 1),
  'observe(metric, number)': (i) => tuner.observe('request_ms', values[i & 4_095]!),
  'observe(metric, boolean)': (i) => tuner.observe('request_ok', (i & 15) > 0),
}

function nsEach(operation: (i: number) => void): number {
  const startedAtMs = nowMs()
  for (let i = 0; i < OBSERVATIONS; i++) operation(i)
  return ((nowMs() - startedAtMs) * 1e6) / OBSERVATIONS
}

const rounds = Array.from({ length: ROUNDS }, () => Object.values(SUBJECTS).map(nsEach))
// The first rounds are those of a compiler at work.
const medians = Object.keys(SUBJECTS).map((_, index) => median(rounds.slice(2).map((round) => round[index]!)))
const rows = Object.keys(SUBJECTS).map((name, index) => [
  name,
  medians[index]!.toFixed(0),
  (medians[index]! / medians[0]!).toFixed(1),
])
console.log(markdownTable(['each', 'ns', 'times the floor'], rows))
console.log(`\nMachine: ${machineLine(describeMachine())}`)
