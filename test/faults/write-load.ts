import { parameterPath } from '#cli/agent-client'
import type { ParameterAnswer, PatchAnswer, UpdateAnswer, WriteAnswer } from '#cli/answers'
import { CommandFailure } from '#cli/failure'
import { eventually } from '../support/eventually.ts'
import type { FleetNode } from './fleet.ts'

const SECTION = 'load'
const OWN_PARAMETERS = 12
const SHARED_PARAMETERS = 4
/** Between two writes of one node, so that the machine is busy and not drowned. */
const PAUSE_MS = 4
/** What a write to a killed agent may end with: it has no answer, and may or may not have been made. */
const UNANSWERED = new Set(['AGENT_UNREACHABLE', 'STOPPING', 'NOT_STARTED'])

/** Writes that were answered with 200, by parameter and origin: the highest number each. */
type Acknowledged = Map<string, Map<string, number>>

/**
 * Writes on every node of a fleet as fast as their answers come: values, deletes and groups, on parameters of the
 * node's own and on shared ones. Keeps account of what was acknowledged.
 */
export class WriteLoad {
  acknowledged = 0
  unanswered = 0
  readonly #random: () => number
  readonly #highest: Acknowledged = new Map()
  readonly #dots = new Set<string>()
  readonly #writers: Promise<void>[]
  readonly #faults: string[] = []
  #state: 'writing' | 'paused' | 'ended' = 'writing'
  #inFlight = 0

  /** @param random decides what is written */
  constructor(nodes: readonly FleetNode[], random: () => number) {
    this.#random = random
    this.#writers = nodes.map((node) => this.#write(node))
  }

  /** Resolves when no write is under way; none begins until `resume`. */
  async pause(): Promise<void> {
    this.#state = 'paused'
    await eventually('every write has ended', () => this.#inFlight === 0, 30_000)
  }

  resume(): void {
    this.#state = 'writing'
  }

  async end(): Promise<void> {
    this.#state = 'ended'
    await Promise.all(this.#writers)
  }

  /** Resolves when so many more were acknowledged than now. */
  async more(count: number): Promise<void> {
    const goal = this.acknowledged + count
    await eventually(`${count} more writes are acknowledged`, () => this.acknowledged >= goal, 60_000)
  }

  /**
   * Acknowledged writes that `node` neither holds nor replaced by a write that had seen them, and whatever else went
   * wrong. Every write counts: what covers the highest of an origin in a parameter covers those before it.
   */
  async lost(node: FleetNode): Promise<string[]> {
    const found = [...this.#faults]
    for (const [parameter, dots] of this.#highest) {
      const live = await this.#held(node, parameter)
      for (const [origin, sequence] of dots)
        if (!live.some(({ versionVector }) => (versionVector[origin] ?? 0) >= sequence))
          found.push(`${SECTION}.${parameter}: ${origin} #${sequence} is neither held nor was it seen by what is`)
    }
    return found
  }

  async #held(node: FleetNode, parameter: string): Promise<readonly UpdateAnswer[]> {
    try {
      const { siblings, update } = await node.client.get<ParameterAnswer>(parameterPath(SECTION, parameter))
      return siblings.length > 0 ? siblings : update ? [update] : []
    } catch (error) {
      if (error instanceof CommandFailure && error.view.code === 'PARAMETER_UNKNOWN') return []
      throw error
    }
  }

  async #write(node: FleetNode): Promise<void> {
    for (let n = 1; this.#state !== 'ended'; n++) {
      if (this.#state === 'writing' && node.running) await this.#once(node, n)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }

  async #once(node: FleetNode, n: number): Promise<void> {
    this.#inFlight++
    try {
      for (const { parameter, update } of await this.#request(node, n)) this.#take(parameter, update)
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error
      if (UNANSWERED.has(error.view.code)) this.unanswered++
      else this.#faults.push(`${node.nodeId} refused a write: ${error.message}`)
    } finally {
      this.#inFlight--
    }
  }

  async #request({ client, nodeId }: FleetNode, n: number): Promise<readonly WriteAnswer[]> {
    const own = (at: number) => `${nodeId}-${at % OWN_PARAMETERS}`
    const pick = Math.floor(this.#random() * 100)
    const value = { by: nodeId, n }
    if (pick < 20) return [await client.put(parameterPath(SECTION, `shared-${pick % SHARED_PARAMETERS}`), { value })]
    if (pick < 30) return [await client.delete(parameterPath(SECTION, own(pick)))]
    if (pick > 40) return [await client.put(parameterPath(SECTION, own(pick)), { value })]
    const changes = [pick, pick + 1].map((at) => ({ section: SECTION, parameter: own(at), value }))
    return (await client.patch<PatchAnswer>('/v1/config', { changes })).updates
  }

  #take(parameter: string, { origin, sequence }: UpdateAnswer): void {
    this.acknowledged++
    const dot = `${origin} #${sequence}`
    if (this.#dots.has(dot)) this.#faults.push(`${dot} was acknowledged twice: a number was used again`)
    this.#dots.add(dot)
    const highest = this.#highest.get(parameter) ?? new Map<string, number>()
    this.#highest.set(parameter, highest)
    highest.set(origin, Math.max(sequence, highest.get(origin) ?? 0))
  }
}
