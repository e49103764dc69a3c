import { ConfigSyncError } from '#core/errors'
import type { JsonValue } from '#core/json'
import type { ConfigSync } from '#node/api'
import { type Declarations, NO_DECLARATIONS } from '#node/declarations'
import type { Adjustment } from './adjustment.ts'
import type { Objective } from './objective.ts'
import type { Tunable } from './strategy.ts'
import { declaredTunables, splitName, TUNER_PRIORITY, tunableOf } from './tunables.ts'
import type { AutoTunerOptions } from './tuner-options.ts'
import { stateChange, type TuningState } from './tuning-state.ts'
import { onGrid } from './values.ts'

/** Sums of decimal fractions are off the grid by less than this share of a step. */
const ROUNDING = 1e-9

/** The parameters that are tuned, where they are: in the mesh, or without one in the program's own `config`. */
export class TunedParameters {
  private readonly sync: ConfigSync | undefined
  private readonly config: AutoTunerOptions['config']
  private readonly ownDeclarations: Declarations

  constructor(sync: ConfigSync | undefined, { config, parameters = NO_DECLARATIONS }: AutoTunerOptions) {
    this.sync = sync
    this.config = config
    this.ownDeclarations = parameters
  }

  get declarations(): Declarations {
    return this.sync?.tunerPort.declarations ?? this.ownDeclarations
  }

  /** Those of an objective, as they are now. */
  of(objective: Objective): Tunable[] {
    return declaredTunables(objective, this.declarations).map((declaration) => {
      const { section, parameter } = declaration
      if (this.sync)
        return tunableOf(declaration, this.sync.get(section, parameter), this.sync.inspect(section, parameter))
      const value = this.config?.[section]?.[parameter] ?? declaration.default
      return tunableOf(declaration, value, undefined)
    })
  }

  /**
   * The adjustment, if its parameter may come to that value, as the grid has it: of 0.1 + 0.2 it makes 0.3.
   * @throws ConfigSyncError ADJUSTMENT_INVALID
   */
  checked(adjustment: Adjustment): Adjustment {
    const { section, parameter, newValue } = adjustment
    const tune = this.declarations.lookup(section, parameter)?.tune
    const refused = (detail: string) => new ConfigSyncError('ADJUSTMENT_INVALID', `${section}.${parameter}: ${detail}`)
    if (tune === undefined) throw refused('is not declared with tune bounds')
    const { min, max, step } = tune
    const value = typeof newValue === 'number' && Number.isFinite(newValue) ? onGrid(tune, newValue) : Number.NaN
    if (Math.abs(value - newValue) <= step * ROUNDING) return { ...adjustment, newValue: value }
    throw refused(`${JSON.stringify(newValue)} is not on the grid of ${min} + k × ${step} up to ${max}`)
  }

  /**
   * Publishes an adjustment; without a mesh, sets it, if the schema accepts it.
   * @param state of its objective, which goes along in one group: whoever has the adjustment knows that it is on trial, and no
   *   successor makes it again
   * @throws ConfigSyncError NOT_COORDINATOR, and as `publishUpdate`
   */
  async adjust(adjustment: Adjustment, objective: string, state: TuningState | undefined): Promise<void> {
    const { section, parameter, newValue: value, reason } = adjustment
    if (this.sync === undefined)
      return this.keep(section, parameter, this.declarations.checkWrite(section, parameter, value))
    const change = { section, parameter, value, priority: TUNER_PRIORITY, reason }
    await this.sync.tunerPort.publish(state ? [change, stateChange(objective, state, TUNER_PRIORITY)] : [change])
  }

  /** Has the program read this value. */
  keep(section: string, parameter: string, value: JsonValue): void {
    if (this.config === undefined) return
    this.config[section] ??= {}
    this.config[section][parameter] = value
  }

  /** What the program reads before anything was adjusted. */
  fill(objective: Objective): void {
    for (const { name, value } of this.of(objective)) if (Number.isFinite(value)) this.keep(...splitName(name), value)
  }
}
