import { ConfigSyncError } from '#core/errors'
import type { JsonValue } from '#core/json'
import type { Declaration, Declarations, Tuning } from '#node/declarations'
import type { ParameterView } from '#node/types'
import type { Objective } from './objective.ts'
import type { Tunable } from './strategy.ts'

/** Below every person's: what a person writes stands, also where it is concurrent with the tuner's. */
export const TUNER_PRIORITY = -100

/** `section.parameter`, split at the first dot. */
export function splitName(name: string): readonly [section: string, parameter: string] {
  const dot = name.indexOf('.')
  return [name.slice(0, dot), name.slice(dot + 1)]
}

type TunableDeclaration = Declaration & { readonly tune: Tuning }

/** @throws ConfigSyncError OBJECTIVE_INVALID: a parameter of the objective is not declared with `tune` */
export function declaredTunables({ name, parameters }: Objective, declarations: Declarations): TunableDeclaration[] {
  return parameters.map((parameter) => {
    const declaration = declarations.lookup(...splitName(parameter))
    if (declaration?.tune === undefined)
      throw new ConfigSyncError('OBJECTIVE_INVALID', `objective ${name}: ${parameter} is not declared with tune bounds`)
    return declaration as TunableDeclaration
  })
}

/** What a parameter is now, and whether the tuner may move it. @param view undefined where there is no mesh */
export function tunableOf(
  { section, parameter, tune, default: preset }: TunableDeclaration,
  value: JsonValue | undefined,
  view: ParameterView | undefined,
): Tunable {
  return {
    name: `${section}.${parameter}`,
    value: typeof value === 'number' ? value : Number.NaN,
    min: tune.min,
    max: tune.max,
    step: tune.step,
    default: typeof preset === 'number' ? preset : undefined,
    owner: tune.owner,
    whenMissed: tune.whenMissed,
    held: typeof value === 'number' ? heldBy(view) : 'it has no value that is a number',
  }
}

/** A person's value is left alone until it is released; what is deleted is the declared default, and nobody's. */
function heldBy(view: ParameterView | undefined): string | undefined {
  const setBy = view?.siblings.find(({ deleted, priority }) => !deleted && priority > TUNER_PRIORITY)
  if (setBy === undefined) return undefined
  const { nodeId, priority, reason } = setBy
  return `set by a person on ${nodeId} with priority ${priority}${reason === undefined ? '' : ` (${reason})`}`
}
