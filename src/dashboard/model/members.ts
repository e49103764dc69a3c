import type { MemberJson, MemberTold, NodesAnswer, UpdateJson } from '../agent/answers.ts'
import { Observable } from './observable.ts'

/** How a node stands, from what it has told: in words that the page shows. */
export type Standing = 'in step' | 'catching up' | 'behind' | 'unknown' | 'suspected' | 'gone' | 'left'

export interface NodeView {
  readonly nodeId: string
  readonly self: boolean
  readonly coordinator: boolean
  readonly standing: Standing
  /** updates that somebody has and this node has not shown; undefined while it told nothing */
  readonly lag: number | undefined
  /** for how long the oldest of them has been known to this page */
  readonly behindForMs: number
  /** since its last sign of life, or since it went */
  readonly silentForMs: number
  readonly load: number
  readonly address: string
  readonly vector: Readonly<Record<string, number>> | undefined
  readonly sameDeclarations: boolean
}

interface Known {
  json: MemberJson
  /** this page's clock when it was told */
  heardMs: number
}

/** When this page first saw that an origin had got so far: from this follows how long somebody has lacked it. */
interface Step {
  readonly sequence: number
  readonly atMs: number
}

const STEPS_MAX = 128
/** A word of a node comes once a heartbeat, and one may be lost: behind for longer is worth a look. */
const CATCHING_UP_INTERVALS = 2.5

/** Who is in the mesh and what each has seen, as the agent tells it with every heartbeat that it hears. */
export class Members extends Observable {
  readonly #known = new Map<string, Known>()
  readonly #departed = new Map<string, { readonly state: 'left' | 'gone'; readonly atMs: number }>()
  readonly #steps = new Map<string, Step[]>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    super()
    this.#nowMs = nowMs
  }

  /** What /v1/nodes answers stands instead of everything before. */
  replace({ nodes, departed }: NodesAnswer, wallMs = Date.now()): void {
    this.#known.clear()
    this.#departed.clear()
    const shown = new Set(nodes.flatMap(({ versionVector }) => Object.keys(versionVector ?? {})))
    for (const origin of this.#steps.keys()) if (!shown.has(origin)) this.#steps.delete(origin)
    for (const { nodeId, state, at } of departed)
      this.#departed.set(nodeId, { state, atMs: this.#nowMs() - Math.max(0, wallMs - at) })
    this.take(nodes)
  }

  /** News of some members. */
  take(nodes: readonly MemberJson[]): void {
    const heardMs = this.#nowMs()
    for (const json of nodes) {
      this.#known.set(json.nodeId, { json, heardMs })
      this.#departed.delete(json.nodeId)
      for (const [origin, sequence] of Object.entries(json.versionVector ?? {})) this.#noteStep(origin, sequence)
    }
    this.touch()
  }

  tell({ nodeId, state }: MemberTold): void {
    if (state === 'left' || state === 'gone') {
      this.#known.delete(nodeId)
      this.#departed.set(nodeId, { state, atMs: this.#nowMs() })
    } else if (state === 'suspected') {
      const known = this.#known.get(nodeId)
      if (known) this.#known.set(nodeId, { ...known, json: { ...known.json, state: 'suspected' } })
    }
    this.touch()
  }

  coordinator(nodeId: string | null): void {
    for (const known of this.#known.values()) known.json = { ...known.json, coordinator: known.json.nodeId === nodeId }
    this.touch()
  }

  get live(): readonly MemberJson[] {
    return [...this.#known.values()].map(({ json }) => json)
  }

  get self(): MemberJson | undefined {
    return this.live.find(({ self }) => self)
  }

  /** Live ones in the order of their names, then who went. */
  views(): NodeView[] {
    const tops = this.tops()
    const live = [...this.#known.values()].map((known) => this.#view(known, tops))
    live.sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
    const nowMs = this.#nowMs()
    const departed = [...this.#departed].map(([nodeId, { state, atMs }]) => ({
      ...ABSENT,
      nodeId,
      standing: state,
      silentForMs: nowMs - atMs,
    }))
    return [...live, ...departed]
  }

  /** The highest sequence of every origin that any live member has shown: what only the dead had, nobody can still get. */
  tops(): ReadonlyMap<string, number> {
    const tops = new Map<string, number>()
    for (const { json } of this.#known.values())
      for (const [origin, sequence] of Object.entries(json.versionVector ?? {}))
        if (sequence > (tops.get(origin) ?? 0)) tops.set(origin, sequence)
    return tops
  }

  /** Live members that have not shown this update yet. */
  lacking({ origin, sequence }: Pick<UpdateJson, 'origin' | 'sequence'>): string[] {
    return this.live.filter((node) => (node.versionVector?.[origin] ?? 0) < sequence).map(({ nodeId }) => nodeId)
  }

  #view({ json, heardMs }: Known, tops: ReadonlyMap<string, number>): NodeView {
    const { nodeId, self, coordinator, load, address, versionVector, sameDeclarations } = json
    const { lag, sinceMs } = this.#lag(versionVector, tops)
    const behindForMs = lag ? this.#nowMs() - sinceMs : 0
    const patienceMs = CATCHING_UP_INTERVALS * json.heartbeatIntervalMs
    return {
      nodeId,
      self,
      coordinator,
      load,
      address,
      sameDeclarations,
      lag,
      behindForMs,
      standing: standingOf(json, lag, behindForMs <= patienceMs),
      silentForMs: self ? 0 : json.silentForMs + this.#nowMs() - heardMs,
      vector: versionVector ?? undefined,
    }
  }

  #lag(vector: MemberJson['versionVector'], tops: ReadonlyMap<string, number>) {
    let lag = 0
    let sinceMs = this.#nowMs()
    if (!vector) return { lag: undefined, sinceMs }
    for (const [origin, top] of tops) {
      const has = vector[origin] ?? 0
      if (has >= top) continue
      lag += top - has
      const step = this.#steps.get(origin)?.find(({ sequence }) => sequence > has)
      if (step) sinceMs = Math.min(sinceMs, step.atMs)
    }
    return { lag, sinceMs }
  }

  #noteStep(origin: string, sequence: number): void {
    const steps = this.#steps.get(origin)
    if (!steps) this.#steps.set(origin, [{ sequence, atMs: this.#nowMs() }])
    else if (sequence > steps.at(-1)!.sequence) {
      steps.push({ sequence, atMs: this.#nowMs() })
      if (steps.length > STEPS_MAX) steps.shift()
    }
  }
}

function standingOf({ state, self }: MemberJson, lag: number | undefined, patient: boolean): Standing {
  if (state === 'suspected') return 'suspected'
  if (self || lag === 0) return lag === 0 ? 'in step' : patient ? 'catching up' : 'behind'
  if (lag === undefined) return 'unknown'
  return patient ? 'catching up' : 'behind'
}

const ABSENT = {
  self: false,
  coordinator: false,
  lag: undefined,
  behindForMs: 0,
  load: 0,
  address: '',
  vector: undefined,
  sameDeclarations: true,
}
