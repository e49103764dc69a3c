import type { JsonValue } from '#core/json'
import { CommandFailure, toFailure } from '../failure.ts'
import { createOutput } from '../output.ts'
import { nameText } from '../parameter-name.ts'
import { Terminal } from '../terminal.ts'
import { DemoActions } from './actions.ts'
import { type NodeSnapshot, snapshotOf } from './agreement.ts'
import type { DemoCluster, DemoNode } from './cluster.ts'
import { type KeyAction, readKeys } from './keys.ts'
import { Observer } from './observer.ts'
import { type DemoView, renderScreen } from './screen.ts'
import type { StoryStep } from './step.ts'
import { runStory } from './story.ts'

const REFRESH_MS = 250
const STEPS_MAX = 50
const WRITTEN = { section: 'tool_proxy', parameter: 'default_call_limit' }
const DISPUTED = { section: 'tool_proxy', parameter: 'call_timeout_ms' }

/** The story on a live screen; then its user's keys, until they quit. */
export class LiveDemo {
  readonly #cluster: DemoCluster
  readonly #actions: DemoActions
  readonly #interrupted: AbortSignal
  readonly #terminal = new Terminal(process.stdout)
  readonly #colors = createOutput(false).colors
  readonly #snapshots = new Map<string, NodeSnapshot>()
  #steps: StoryStep[] = []
  #latest: string[] = []
  #doing: string | undefined = 'the story runs; the keys work when it is told'
  #chosen = 0
  #quit: () => void = () => {}

  /** @param interrupted ends it, as its user can */
  constructor(cluster: DemoCluster, interrupted: AbortSignal) {
    this.#cluster = cluster
    this.#interrupted = interrupted
    const observer = new Observer(interrupted, (node, names) => {
      this.#latest = [...new Set([...names.map(nameText), ...this.#latest])]
      void this.#refresh(node)
    })
    this.#actions = new DemoActions(cluster, observer)
  }

  /** Resolves when the user quits; rejects when the story failed. The terminal is as before either way. */
  async run(): Promise<void> {
    const quitting = new Promise<void>((resolve) => {
      this.#quit = resolve
    })
    this.#terminal.enter()
    this.#terminal.onResize(() => this.#draw())
    const stopKeys = readKeys(process.stdin, (action) => void this.#onKey(action))
    const timer = setInterval(() => void this.#refreshAll(), REFRESH_MS)
    this.#interrupted.addEventListener('abort', this.#quit, { once: true })
    try {
      await Promise.race([this.#tellStory(), quitting])
      await quitting
    } finally {
      clearInterval(timer)
      stopKeys()
      this.#terminal.leave()
    }
  }

  async #tellStory(): Promise<void> {
    await runStory(this.#cluster, this.#actions, (step) => this.#note(step))
    this.#doing = undefined
    this.#draw()
  }

  async #onKey(action: KeyAction): Promise<void> {
    if (action === 'quit') return this.#quit()
    if (action === 'load') return
    const { nodes } = this.#cluster
    if (action === 'up') this.#chosen = (this.#chosen + nodes.length - 1) % nodes.length
    else if (action === 'down') this.#chosen = (this.#chosen + 1) % nodes.length
    else if (typeof action === 'object') this.#chosen = Math.min(action.choose, nodes.length - 1)
    else await this.#act(action)
    this.#draw()
  }

  /** One action at a time; what cannot be done is said and not fatal. */
  async #act(action: 'write' | 'conflict' | 'kill' | 'bring-back'): Promise<void> {
    const node = this.#cluster.nodes[this.#chosen]
    if (this.#doing !== undefined || !node) return
    this.#doing = `${action.replace('-', ' ')} …`
    this.#draw()
    try {
      if (action === 'write') this.#note(await this.#write(node))
      else if (action === 'conflict') this.#note(await this.#conflict(node))
      else if (action === 'kill') await this.#kill(node)
      else this.#note(await this.#bringBack(node))
    } catch (error) {
      const { view } = error instanceof CommandFailure ? error : toFailure(error)
      this.#note({ title: `${action.replace('-', ' ')} failed`, lines: [`${view.code}: ${view.detail}`], tookMs: 0 })
    } finally {
      this.#doing = undefined
    }
  }

  async #write(chosen: DemoNode): Promise<StoryStep> {
    const node = chosen.running ? chosen : this.#cluster.running[0]!
    const before = this.#snapshots.get(node.nodeId)?.config[WRITTEN.section]?.[WRITTEN.parameter]
    return this.#actions.write(node, WRITTEN, typeof before === 'number' ? before + 1 : 25)
  }

  async #conflict(chosen: DemoNode): Promise<StoryStep> {
    const { running } = this.#cluster
    const a = chosen.running ? chosen : running[0]!
    const b = running.find((node) => node !== a)
    if (!b) return { title: 'A conflict needs two live nodes', lines: ['bring one back with b'], tookMs: 0 }
    const base = Math.floor(performance.now() / 1_000) * 100
    const values = (attempt: number): readonly [JsonValue, JsonValue] => [base + attempt, base + 50 + attempt]
    return this.#actions.conflict(a, b, DISPUTED, values)
  }

  async #kill(node: DemoNode): Promise<void> {
    if (!node.running) return
    if (this.#cluster.running.length === 1) {
      return this.#note({
        title: `${node.nodeId} is the last one alive`,
        lines: ['bring another back with b first'],
        tookMs: 0,
      })
    }
    const wasCoordinator = this.#snapshots.get(node.nodeId)?.status.isCoordinator === true
    const killedAt = performance.now()
    this.#note(await this.#actions.kill(node))
    this.#snapshots.delete(node.nodeId)
    if (wasCoordinator) this.#note(await this.#actions.succession(node, killedAt))
  }

  async #bringBack(chosen: DemoNode): Promise<StoryStep> {
    const node = chosen.running ? this.#cluster.nodes.find(({ running }) => !running) : chosen
    if (!node) return { title: 'Every node is alive', lines: ['kill one with k first'], tookMs: 0 }
    return this.#actions.bringBack(node)
  }

  #note(step: StoryStep): void {
    this.#steps = [...this.#steps, step].slice(-STEPS_MAX)
    this.#draw()
  }

  async #refreshAll(): Promise<void> {
    await Promise.all(this.#cluster.nodes.map((node) => this.#refresh(node)))
  }

  async #refresh(node: DemoNode): Promise<void> {
    if (!node.running) this.#snapshots.delete(node.nodeId)
    else {
      const snapshot = await snapshotOf(node).catch(() => undefined)
      if (snapshot && node.running) this.#snapshots.set(node.nodeId, snapshot)
    }
    this.#draw()
  }

  #draw(): void {
    this.#terminal.draw(renderScreen(this.#view(), this.#terminal.size, this.#colors))
  }

  #view(): DemoView {
    const nodes = this.#cluster.nodes.map((node) => ({
      nodeId: node.nodeId,
      http: node.http,
      running: node.running,
      snapshot: this.#snapshots.get(node.nodeId),
    }))
    const command = process.env['npm_lifecycle_event'] === undefined ? 'configsync' : 'npx configsync'
    return { nodes, chosen: this.#chosen, steps: this.#steps, doing: this.#doing, latest: this.#latest, command }
  }
}
