import type { Core } from '#core/core'
import type { CustomRules } from '#core/custom-rules'
import { deepFrozen, type JsonValue } from '#core/json'
import { COVERAGE_RANGES_MAX } from '#core/limits'
import { resolve } from '#core/resolution'
import type { Update } from '#core/update'
import type { Declarations } from './declarations.ts'
import { EffectiveValues } from './effective.ts'
import type { ParameterView, VersionVector } from './types.ts'
import { messageOf, vectorOf } from './views.ts'

const NO_UPDATES: readonly Update[] = []

/** What the program reads: effective values over whatever the replica holds now. */
export class State {
  readonly declarations: Declarations
  readonly rules: CustomRules
  readonly effective: EffectiveValues
  /** undefined before the first start: then there are defaults only */
  core: Core | undefined

  constructor(declarations: Declarations, rules: CustomRules) {
    this.declarations = declarations
    this.rules = rules
    this.effective = new EffectiveValues(declarations, rules)
  }

  siblings(section: string, parameter: string): readonly Update[] {
    return this.core?.replica.siblings(section, parameter) ?? NO_UPDATES
  }

  get(section: string, parameter: string): JsonValue | undefined {
    return deepFrozen(this.effective.get(section, parameter, this.siblings(section, parameter)))
  }

  getAll(): Record<string, Record<string, JsonValue>> {
    const all: Record<string, Record<string, JsonValue>> = Object.create(null)
    for (const [section, parameter] of this.names()) {
      const value = this.get(section, parameter)
      if (value === undefined) continue
      all[section] ??= Object.create(null) as Record<string, JsonValue>
      all[section][parameter] = value
    }
    return all
  }

  /** Everything set or declared, in code-unit order. */
  names(): (readonly [section: string, parameter: string])[] {
    const bySection = new Map<string, Set<string>>()
    const note = (section: string, parameter: string) => {
      const names = bySection.get(section)
      if (names) names.add(parameter)
      else bySection.set(section, new Set([parameter]))
    }
    for (const { section, parameter } of this.declarations.entries()) note(section, parameter)
    const replica = this.core?.replica
    for (const section of replica?.sectionNames() ?? [])
      for (const parameter of replica!.parameterNames(section)) note(section, parameter)
    return [...bySection]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([section, names]) => [...names].sort().map((parameter) => [section, parameter] as const))
  }

  inspect(section: string, parameter: string): ParameterView | undefined {
    const siblings = this.siblings(section, parameter)
    if (siblings.length === 0 && this.declarations.lookup(section, parameter) === undefined) return undefined
    const { value, source, deleted } = this.effective.inspect(section, parameter, siblings)
    return {
      section,
      parameter,
      value: deepFrozen(value),
      deleted,
      source,
      update: siblings.length === 0 ? undefined : messageOf(resolve(siblings, this.rules).winner),
      siblings: siblings.map(messageOf),
    }
  }

  /** What siblings that need not stand now come to on this node; remembers nothing. */
  worth(section: string, parameter: string, siblings: readonly Update[]): JsonValue | undefined {
    return deepFrozen(new EffectiveValues(this.declarations, this.rules).get(section, parameter, siblings))
  }

  versionVector(): VersionVector {
    return this.core ? vectorOf(this.core.replica.seen.coverage(COVERAGE_RANGES_MAX)) : {}
  }
}
