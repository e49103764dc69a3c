import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quint } from '../../spec/quint.ts'

/** The records of spec/*.qnt as they stand in a trace: sets and lists as arrays, maps as arrays of pairs. */
export type SpecDot = readonly [origin: number, sequence: number]
export type SpecVector = readonly (readonly [origin: number, sequence: number])[]

export interface SpecUpdate {
  readonly parameter: string
  readonly value: number
  readonly deletes: boolean
  readonly priority: number
  readonly origin: number
  readonly sequence: number
  readonly context: SpecVector
}

export interface SpecReplica {
  readonly live: readonly SpecUpdate[]
  readonly seen: readonly SpecDot[]
  readonly collected: SpecVector
}

export interface SpecAnswer {
  readonly number: number
  readonly updates: readonly SpecUpdate[]
  readonly last: boolean
  readonly cursor: SpecDot
  readonly full: boolean
  readonly dots: readonly SpecDot[]
}

export interface SpecQuestion {
  readonly first: boolean
  readonly cursor: SpecDot
}

export interface SpecNode {
  readonly replica: SpecReplica
  readonly disk: SpecReplica
  readonly pull:
    | { readonly tag: 'Idle' }
    | { readonly tag: 'Pulling'; readonly value: { readonly answers: readonly SpecAnswer[] } }
}

/** What a step of mesh.qnt chose, by the names that it gives its choices. */
export interface Picks {
  readonly n: number
  readonly parameters: readonly string[]
  readonly deletes: number
  readonly priority: number
  readonly updates: readonly SpecUpdate[]
  readonly server: number
  readonly question: SpecQuestion
  readonly small: boolean
  readonly a: SpecAnswer
  readonly tombstone: SpecUpdate
}

export interface SpecStep {
  readonly action: string
  readonly picks: Picks
  /** the nodes after it, in order */
  readonly nodes: readonly SpecNode[]
}

export type Trace = readonly SpecStep[]

/** Runs the specification at random, so often, and returns every run. */
export async function traces(count: number, steps: number, seed: number | string): Promise<Trace[]> {
  const folder = mkdtempSync(join(tmpdir(), 'configsync-spec-'))
  try {
    const { ok, output } = await quint('run', 'configsync.qnt', [
      ...['--main', 'configsync', '--max-samples', `${count}`, '--n-traces', `${count}`, '--max-steps', `${steps}`],
      ...['--seed', `${seed}`, '--mbt', '--verbosity', '0', '--out-itf', join(folder, '{seq}.itf.json')],
    ])
    if (!ok) throw new Error(`Quint made no traces: ${output}`)
    return readdirSync(folder).map((name) => traceOf(JSON.parse(readFileSync(join(folder, name), 'utf8'))))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Itf {
  readonly states: readonly Readonly<Record<string, unknown>>[]
}

function traceOf({ states }: Itf): Trace {
  return states.map((state) => {
    const nodes = Object.entries(state).find(([name]) => name.endsWith('nodes'))![1]
    const picks = Object.entries(plain(state['mbt::nondetPicks']) as Record<string, { tag: string; value: unknown }>)
    return {
      action: state['mbt::actionTaken'] as string,
      picks: Object.fromEntries(
        picks.filter(([, { tag }]) => tag === 'Some').map(([name, { value }]) => [name, value]),
      ),
      nodes: (plain(nodes) as [number, SpecNode][]).sort(([a], [b]) => a - b).map(([, node]) => node),
    } as unknown as SpecStep
  })
}

/** Out of the Informal Trace Format (Apalache, ADR 15), which wraps what JSON has no word for. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(plain)
  const [[key, inner] = ['', undefined], ...others] = Object.entries(value)
  if (others.length === 0 && key === '#bigint') return Number(inner)
  if (others.length === 0 && ['#set', '#tup', '#map'].includes(key)) return plain(inner)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]))
}
