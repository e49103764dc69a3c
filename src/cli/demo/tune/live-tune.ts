import { CommandFailure, toFailure } from '../../failure.ts'
import { createOutput } from '../../output.ts'
import { Terminal } from '../../terminal.ts'
import { type KeyAction, readKeys } from '../keys.ts'
import { LOADS, TuneDemo } from './tune-demo.ts'
import { renderTuneScreen } from './tune-screen.ts'
import { outcomeText } from './tune-text.ts'

/** The loads on a live plot; then its user's keys, until they quit. */
export class LiveTune {
  readonly demo: TuneDemo
  private readonly terminal = new Terminal(process.stdout)
  private readonly colors = createOutput(false).colors
  private doing = 'nodes start'
  private told = false
  private quit: () => void = () => undefined

  constructor(count: number) {
    const draw = () => this.draw()
    this.demo = new TuneDemo(count, { onPoint: draw, onAdjustment: draw })
  }

  /** Resolves when the user quits; rejects when the tuner fell short. The terminal is as before either way. */
  async run(interrupted: AbortSignal): Promise<void> {
    const quitting = new Promise<void>((resolve) => {
      this.quit = resolve
    })
    interrupted.addEventListener('abort', this.quit, { once: true })
    this.terminal.enter()
    this.terminal.onResize(() => this.draw())
    const stopKeys = readKeys(process.stdin, (action) => void this.onKey(action))
    this.draw()
    try {
      await Promise.race([this.tell(interrupted), quitting])
      await quitting
    } finally {
      this.demo.stop()
      stopKeys()
      this.terminal.leave()
    }
  }

  private async tell(interrupted: AbortSignal): Promise<void> {
    await this.demo.start(interrupted)
    for (const clients of LOADS) {
      this.say(`${clients} clients at each node: the tuner looks for what meets the goal; the keys work afterwards`)
      this.say(outcomeText(await this.demo.phase(clients), this.demo.goalMs))
    }
    this.told = true
  }

  private async onKey(action: KeyAction): Promise<void> {
    if (action === 'quit') return this.quit()
    if (!this.told) return
    if (action === 'load') return this.changeLoad()
    if (action !== 'kill') return
    try {
      const killed = await this.demo.killCoordinator()
      this.say(
        killed === undefined ? 'the last node stays' : `${killed} is killed; the next node coordinates and tunes on`,
      )
    } catch (error) {
      const { view } = error instanceof CommandFailure ? error : toFailure(error)
      this.say(`${view.code}: ${view.detail}`)
    }
  }

  private changeLoad(): void {
    this.demo.setClients(LOADS[(LOADS.indexOf(this.demo.clients) + 1) % LOADS.length]!)
    this.say(`${this.demo.clients} clients at each node`)
  }

  private say(doing: string): void {
    this.doing = doing
    this.draw()
  }

  private draw(): void {
    const { course, goalMs, clients, cluster } = this.demo
    const command = process.env['npm_lifecycle_event'] === undefined ? 'configsync' : 'npx configsync'
    const view = {
      goalMs,
      points: course.points,
      adjustments: course.adjustments,
      running: cluster.running.length,
      nodes: cluster.nodes.length,
      clients,
      doing: this.doing,
      command,
      http: cluster.running[0]?.http ?? '',
    }
    this.terminal.draw(renderTuneScreen(view, this.terminal.size, this.colors))
  }
}
