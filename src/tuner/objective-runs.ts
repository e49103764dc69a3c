import { ConfigSyncError } from '#core/errors'
import { METRICS_REPORTED_MAX } from '#core/limits'
import type { Declarations } from '#node/declarations'
import { MESH_METRICS } from './mesh-objective.ts'
import { checkedObjective, metricsOf, type Objective } from './objective.ts'
import { ObjectiveRun } from './objective-run.ts'
import { strategyNamed } from './strategies/index.ts'
import type { TuningStrategy } from './strategy.ts'
import { declaredTunables } from './tunables.ts'

/** The objectives of one tuner. No two have one name or share a parameter: they would undo what the other did. */
export class ObjectiveRuns {
  private readonly byName = new Map<string, ObjectiveRun>()
  private readonly byParameter = new Map<string, ObjectiveRun>()

  /** @throws ConfigSyncError OBJECTIVE_INVALID */
  constructor(objectives: readonly Objective[], strategies: readonly TuningStrategy[], declarations: Declarations) {
    for (const objective of objectives) {
      declaredTunables(checkedObjective(objective), declarations)
      this.add(new ObjectiveRun(objective, strategyNamed(objective, strategies)))
    }
    if (new Set([...MESH_METRICS, ...this.metrics]).size > METRICS_REPORTED_MAX)
      throw new ConfigSyncError('OBJECTIVE_INVALID', `objectives name over ${METRICS_REPORTED_MAX} metrics`)
  }

  /** Those that the objectives name. */
  get metrics(): readonly string[] {
    return this.all().flatMap(({ objective }) => metricsOf(objective))
  }

  private add(run: ObjectiveRun): void {
    const { name, parameters } = run.objective
    if (this.byName.has(name)) throw new ConfigSyncError('OBJECTIVE_INVALID', `two objectives are named ${name}`)
    this.byName.set(name, run)
    for (const parameter of parameters) {
      const other = this.byParameter.get(parameter)
      if (other !== undefined)
        throw new ConfigSyncError(
          'OBJECTIVE_INVALID',
          `objective ${name}: ${parameter} belongs to ${other.objective.name} too`,
        )
      this.byParameter.set(parameter, run)
    }
  }

  all(): readonly ObjectiveRun[] {
    return [...this.byName.values()]
  }

  get(name: string): ObjectiveRun | undefined {
    return this.byName.get(name)
  }

  /** The one that a parameter, `section.parameter`, belongs to. */
  of(parameter: string): ObjectiveRun | undefined {
    return this.byParameter.get(parameter)
  }
}
