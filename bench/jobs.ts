import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { type Entries, entriesOf } from './entries.ts'
import { nowMs, ownCpuMs } from './machine.ts'
import type { BenchNode } from './system.ts'

/** Writes spread evenly over time, writers rotating: write s is made by node s mod `nodes`, at startAtMs + s × intervalMs. */
export interface LatencyJob {
  readonly nodes: number
  readonly writes: number
  readonly intervalMs: number
  /** distinguishes the values of this job from those of others */
  readonly base: number
  readonly startAtMs: number
  readonly deadlineMs: number
}

export interface LatencyAnswer {
  /** own writes: number of the write, and the moment just before it was made */
  readonly sent: readonly (readonly [write: number, atMs: number])[]
  /** by number of the write: when this node first held it, 0 when never */
  readonly heldAtMs: readonly number[]
  readonly cpuMs: number
}

/** Every writer writes its share of the parameters `rounds` times, one call per update, as quickly as it can. */
export interface BurstJob {
  readonly parameters: number
  readonly rounds: number
  /** indices of the nodes that write; each owns the parameters k with k mod writers = its place in this list */
  readonly writers: readonly number[]
  readonly base: number
  /** calls between two turns of the event loop: a writer that never yields would not be served */
  readonly callsPerTurn: number
  readonly startAtMs: number
  readonly deadlineMs: number
}

export interface BurstAnswer {
  readonly startedAtMs: number
  readonly issuedAtMs: number | undefined
  /** when this node held the last value of every parameter; undefined when it did not by the deadline */
  readonly convergedAtMs: number | undefined
  readonly cpuMs: number
}

/** A large state: one node writes it, and all wait until they hold it. */
export interface FillJob {
  readonly entries: Entries
  /** index of the node that writes */
  readonly writer: number
  readonly deadlineMs: number
}

type Entry = readonly [parameter: string, value: string]

/** One node's part in the jobs: it writes, and stamps what it comes to hold. */
export class JobRunner {
  readonly #index: number
  #onValue: (parameter: string, value: string) => void = () => {}

  constructor(index: number) {
    this.#index = index
  }

  /** To be handed to the system as its `onValue`. */
  readonly onValue = (parameter: string, value: string): void => this.#onValue(parameter, value)

  async latency(node: BenchNode, job: LatencyJob): Promise<LatencyAnswer> {
    const heldAtMs = new Array<number>(job.writes).fill(0)
    const complete = this.#collect(job.writes, job.deadlineMs, (_parameter, value) => {
      const write = numberOf(value) - job.base
      if (heldAtMs[write] !== 0) return false
      heldAtMs[write] = nowMs()
      return true
    })
    const cpuBefore = ownCpuMs()
    const sent = await this.#writeOnTime(node, job)
    await complete
    return { sent, heldAtMs, cpuMs: ownCpuMs() - cpuBefore }
  }

  async burst(node: BenchNode, job: BurstJob): Promise<BurstAnswer> {
    const final = new Set<string>()
    const last = job.base + job.rounds - 1
    let convergedAtMs: number | undefined
    const complete = this.#collect(job.parameters, job.deadlineMs, (parameter, value) => {
      if (numberOf(value) !== last || final.has(parameter)) return false
      final.add(parameter)
      if (final.size === job.parameters) convergedAtMs = nowMs()
      return true
    })
    const entries = this.#share(job)
    await sleep(Math.max(0, job.startAtMs - nowMs()))
    const cpuBefore = ownCpuMs()
    const startedAtMs = nowMs()
    await issue(node, entries, job.callsPerTurn)
    const issuedAtMs = entries.length > 0 ? nowMs() : undefined
    await complete
    return { startedAtMs, issuedAtMs, convergedAtMs, cpuMs: ownCpuMs() - cpuBefore }
  }

  /** Whether this node held all of it by the deadline. */
  async fill(node: BenchNode, { entries, writer, deadlineMs }: FillJob): Promise<boolean> {
    const held = this.holding(entries, deadlineMs)
    if (writer === this.#index) await issue(node, entriesOf(entries), FILL_CALLS_PER_TURN)
    return (await held) !== undefined
  }

  /** When this node held the right value of every entry; undefined when it did not by the deadline. */
  async holding(entries: Entries, deadlineMs: number): Promise<number | undefined> {
    const missing = new Map(entriesOf(entries))
    let heldAtMs: number | undefined
    await this.#collect(missing.size, deadlineMs, (parameter, value) => {
      if (missing.get(parameter) !== value) return false
      missing.delete(parameter)
      if (missing.size === 0) heldAtMs = nowMs()
      return true
    })
    return heldAtMs
  }

  async #writeOnTime(node: BenchNode, job: LatencyJob): Promise<[number, number][]> {
    const sent: [number, number][] = []
    for (let write = this.#index; write < job.writes; write += job.nodes) {
      await sleep(Math.max(0, job.startAtMs + write * job.intervalMs - nowMs()))
      const value = payloadOf(job.base + write)
      sent.push([write, nowMs()])
      await node.set(`latency_${job.base + write}`, value)
    }
    return sent
  }

  #share(job: BurstJob): Entry[] {
    const place = job.writers.indexOf(this.#index)
    const entries: Entry[] = []
    if (place < 0) return entries
    for (let round = 0; round < job.rounds; round++)
      for (let k = place; k < job.parameters; k += job.writers.length)
        entries.push([`burst_${k}`, payloadOf(job.base + round)])
    return entries
  }

  /** Resolves once `accept` took `count` values, or at the deadline. */
  #collect(count: number, deadlineMs: number, accept: (parameter: string, value: string) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#onValue = () => {}
        resolve()
      }
      const timer = setTimeout(done, deadlineMs - nowMs())
      let taken = 0
      this.#onValue = (parameter, value) => {
        if (accept(parameter, value) && ++taken === count) done()
      }
    })
  }
}

async function issue(node: BenchNode, entries: readonly Entry[], callsPerTurn: number): Promise<void> {
  for (let from = 0; from < entries.length; from += callsPerTurn) {
    const unanswered: Promise<unknown>[] = []
    for (const [parameter, value] of entries.slice(from, from + callsPerTurn)) {
      const answer = node.set(parameter, value)
      if (answer) unanswered.push(answer)
    }
    await Promise.all(unanswered)
    await turn()
  }
}

/** Many, because how the state came about is not what is measured. */
const FILL_CALLS_PER_TURN = 256
const VALUE_BYTES = 64
const NUMBER_DIGITS = 9

/** 64 ASCII bytes: a number that the receiver checks, and text that repeats nowhere. */
function payloadOf(number: number): string {
  let text = `v${String(number).padStart(NUMBER_DIGITS, '0')}`
  while (text.length < VALUE_BYTES) text += Math.random().toString(36).slice(2)
  return text.slice(0, VALUE_BYTES)
}

const numberOf = (value: string): number => Number(value.slice(1, 1 + NUMBER_DIGITS))
