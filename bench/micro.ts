/**
 * The core by itself, in process, without a network: local writes and remote merges per second, each with its own encoding
 * or decoding, beside a plain Map with last write wins and JSON. Every measurement has a process of its own.
 *
 *     node --conditions=source --expose-gc bench/micro.ts [--rounds 3] [--json]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { decodeUpdate, encodeUpdate } from '#codec/update'
import { describeMachine, machineLine, nowMs } from './machine.ts'
import { WritingReplica } from './replica-core.ts'
import { markdownTable, whole } from './report.ts'
import { median } from './statistics.ts'

const CORES = ['map', 'configsync'] as const
const SIZES = [100_000, 1_000] as const
const OPERATIONS = 100_000

type CoreName = (typeof CORES)[number]

interface Figures {
  readonly core: CoreName
  readonly parameters: number
  readonly writesPerSecond: number
  readonly mergesPerSecond: number
  readonly updateBytes: number
}

/** What is measured: a write gives bytes for the wire, a merge takes them in. */
interface Core {
  write(parameter: string, value: string): Uint8Array | string
  merge(bytes: Uint8Array | string): void
}

function makeCore(name: CoreName, id: string): Core {
  if (name === 'map') return new MapCore(id)
  const replica = new WritingReplica(id)
  return {
    write: (parameter, value) => encodeUpdate(replica.write(parameter, value)),
    merge: (bytes) => replica.merge(decodeUpdate(bytes as Uint8Array)),
  }
}

/** The floor: one version number and the writer's name for each value, greater wins. */
class MapCore implements Core {
  readonly #id: string
  readonly #values = new Map<string, { value: string; number: number; id: string }>()
  #number = 0

  constructor(id: string) {
    this.#id = id
  }

  write(parameter: string, value: string): string {
    const number = ++this.#number
    this.#values.set(parameter, { value, number, id: this.#id })
    return JSON.stringify([parameter, value, number, this.#id])
  }

  merge(bytes: string): void {
    const [parameter, value, number, id] = JSON.parse(bytes)
    const current = this.#values.get(parameter)
    if (!current || number > current.number || (number === current.number && id > current.id))
      this.#values.set(parameter, { value, number, id })
    if (number > this.#number) this.#number = number
  }
}

/** As text from the wire is: no rope or slice with a parent behind it. */
const flat = (text: string): string => Buffer.from(text).toString('latin1')
const randomText = (): string =>
  flat(Array.from({ length: 8 }, () => Math.random().toString(36).slice(2, 10).padEnd(8, '0')).join(''))

function measure(core: CoreName, parameters: number): Figures {
  const names = Array.from({ length: parameters }, (_, i) => flat(`parameter_${i}`))
  const writer = makeCore(core, 'writer')
  const reader = makeCore(core, 'reader')
  for (const name of names) reader.merge(writer.write(name, randomText()))
  const values = Array.from({ length: OPERATIONS }, randomText)
  globalThis.gc?.()
  const updates: (Uint8Array | string)[] = []
  // a stride that is prime to the sizes visits all of them in no order that memory knows
  const writesPerSecond = rate((i) => updates.push(writer.write(names[(i * 7919) % parameters]!, values[i]!)))
  const mergesPerSecond = rate((i) => reader.merge(updates[i]!))
  const updateBytes = updates.reduce((total, update) => total + update.length, 0) / updates.length
  return { core, parameters, writesPerSecond, mergesPerSecond, updateBytes }
}

function rate(operation: (i: number) => void): number {
  const startedAtMs = nowMs()
  for (let i = 0; i < OPERATIONS; i++) operation(i)
  return (OPERATIONS * 1000) / (nowMs() - startedAtMs)
}

async function measureApart(core: CoreName, parameters: number): Promise<Figures> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [
    '--child',
    core,
    '--parameters',
    String(parameters),
  ])
  const [figures] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the measurement ended with ${code}`))),
  ])
  return figures as Figures
}

function report(all: readonly Figures[]): string {
  const rows = SIZES.flatMap((parameters) =>
    CORES.map((core) => {
      const figures = all.filter((one) => one.core === core && one.parameters === parameters)
      const middle = (key: 'writesPerSecond' | 'mergesPerSecond' | 'updateBytes') =>
        median(figures.map((one) => one[key]))
      return [
        core,
        whole(parameters),
        whole(middle('writesPerSecond')),
        whole(middle('mergesPerSecond')),
        whole(middle('updateBytes')),
      ]
    }),
  )
  const head = ['core', 'parameters', 'writes/s', 'merges/s', 'update bytes']
  return `Machine: ${machineLine(describeMachine())}\n\n${markdownTable(head, rows)}\n`
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    child: { type: 'string' },
    parameters: { type: 'string' },
  },
})
if (options.child) {
  process.send?.(measure(options.child as CoreName, Number(options.parameters)))
  process.disconnect()
} else {
  const all: Figures[] = []
  for (let round = 0; round < Number(options.rounds); round++)
    for (const parameters of SIZES) for (const core of CORES) all.push(await measureApart(core, parameters))
  process.stdout.write(options.json ? `${JSON.stringify({ machine: describeMachine(), all }, null, 1)}\n` : report(all))
}
