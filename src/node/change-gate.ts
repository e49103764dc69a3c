import type { ParameterChange } from '#core/events'
import { LOAD_HIGH } from '#core/settings'
import type { Scheduler } from '#mesh/scheduler'

type Source = 'local' | 'remote' | 'repair'

export interface GatedChanges {
  readonly source: Source
  readonly changes: readonly ParameterChange[]
}

/**
 * Between the replica and the program's components: under high load they are told of other nodes' changes of low priority
 * (below 0, as the tuner's are) a little later, by at most a quarter of the heartbeat interval, so that their own work comes
 * first. The replica has merged all of it already, and `get` sees it.
 */
export class ChangeGate {
  private readonly scheduler: Scheduler
  private readonly deliver: (gated: GatedChanges) => void
  private waiting: GatedChanges[] = []
  private cancel: (() => void) | undefined
  load = 0
  delayMs = 250

  constructor(scheduler: Scheduler, deliver: (gated: GatedChanges) => void) {
    this.scheduler = scheduler
    this.deliver = deliver
  }

  /** Updates that components have not been told of. */
  get pending(): number {
    let updates = 0
    for (const { changes } of this.waiting) updates += changes.length
    return updates
  }

  pass(gated: GatedChanges): void {
    if (this.load < LOAD_HIGH || gated.source === 'local' || gated.changes.some(({ update }) => update.priority >= 0)) {
      // Order is kept: what waited goes first.
      this.open()
      this.deliver(gated)
      return
    }
    this.waiting.push(gated)
    this.cancel ??= this.scheduler.schedule(this.delayMs, this.open)
  }

  readonly open = (): void => {
    this.cancel?.()
    this.cancel = undefined
    for (const gated of this.waiting.splice(0)) this.deliver(gated)
  }
}
