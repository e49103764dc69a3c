import { ConfigSyncError } from '#core/errors'
import { nameDefect } from '#core/names'

/** What one metric should come to. */
export type Goal =
  /** its 95th percentile at most this, in the metric's unit */
  | { readonly metric: string; readonly p95AtMost: number }
  /** this share of its outcomes good, 0 … 1 */
  | { readonly metric: string; readonly rateAtLeast: number }
  /** as many samples a second as possible, while the other goals are met */
  | { readonly metric: string; readonly raise: 'throughput' }

/** Something to be tuned: parameters that are moved together towards goals. Objectives share no parameter. */
export interface Objective {
  /** names its state in the mesh: the same on every node */
  readonly name: string
  /** at most one of each kind */
  readonly goals: readonly Goal[]
  /** `section.parameter`, each declared with `tune` */
  readonly parameters: readonly string[]
  /** `rules`, `gradient`, `search`, or one that was given to the tuner; default `rules` */
  readonly strategy?: string
  /**
   * Where the time goes: owner → the metric that measures its part. A parameter whose `owner` has the largest part is
   * moved first.
   */
  readonly breakdown?: Readonly<Record<string, string>>
  /**
   * How far a parameter is given back while every p95 is far under its goal: to its `bounds` (more is better as long as the
   * goal is met), or to its `default` (what was done in trouble is undone). Default `bounds`.
   */
  readonly giveBack?: 'bounds' | 'default'
}

/** Every metric that the objective names. */
export const metricsOf = ({ goals, breakdown = {} }: Objective): readonly string[] => [
  ...goals.map(({ metric }) => metric),
  ...Object.values(breakdown),
]

/** How one goal stands in one window. */
export type Standing =
  /** outside the dead band, on the wrong side */
  | 'missed'
  | 'met'
  /** so far inside that something can be given back */
  | 'easy'
  /** too few samples */
  | 'unknown'

/** A p95 acts on the mesh only when it exceeds its goal by this factor … */
export const MISSED_FACTOR = 1.1
/** … and is relaxed only under this. Between the two nothing moves: the dead band. */
export const EASY_FACTOR = 0.7
/** A window with fewer samples says nothing. */
export const SAMPLES_MIN = 50

/** @throws ConfigSyncError OBJECTIVE_INVALID naming the objective and what is wrong with it */
export function checkedObjective(objective: Objective): Objective {
  const defect = objectiveDefect(objective)
  if (defect !== undefined) throw new ConfigSyncError('OBJECTIVE_INVALID', `objective ${objective.name}: ${defect}`)
  return objective
}

const OBJECTIVE_FIELDS: readonly string[] = [
  'name',
  'goals',
  'parameters',
  'strategy',
  'breakdown',
  'giveBack',
] satisfies (keyof Objective)[]

function objectiveDefect(objective: Objective): string | undefined {
  const { name, goals, parameters, breakdown = {}, giveBack = 'bounds' } = objective
  const nameProblem = typeof name === 'string' ? nameDefect(name) : 'the name is no text'
  if (nameProblem !== undefined) return nameProblem
  const unknown = Object.keys(objective).find((field) => !OBJECTIVE_FIELDS.includes(field))
  if (unknown !== undefined) return `unknown member ${unknown}; there are ${OBJECTIVE_FIELDS.join(', ')}`
  if (giveBack !== 'bounds' && giveBack !== 'default') return 'giveBack is bounds or default'
  if (!isBreakdown(breakdown)) return 'breakdown names a metric for each owner'
  if (!Array.isArray(goals) || goals.length === 0) return 'no goal'
  if (!Array.isArray(parameters) || parameters.length === 0) return 'no parameter'
  if (new Set(parameters).size < parameters.length) return 'a parameter is named twice'
  const nameless = parameters.find((parameter) => typeof parameter !== 'string' || !parameter.includes('.'))
  if (nameless !== undefined) return `${JSON.stringify(nameless)} is no section.parameter`
  return goals.map(goalDefect).find((problem) => problem !== undefined) ?? kindsDefect(goals)
}

/** A move is judged by one number of each kind: of two p95s the one would be held to the goal of the other. */
function kindsDefect(goals: readonly Goal[]): string | undefined {
  const twice = GOAL_FIELDS.find((kind) => goals.filter((goal) => kind in goal).length > 1)
  return twice === undefined ? undefined : `two goals are ${twice}; there is one of each kind`
}

const isBreakdown = (breakdown: unknown): boolean =>
  typeof breakdown === 'object' &&
  breakdown !== null &&
  !Array.isArray(breakdown) &&
  Object.values(breakdown).every((metric) => typeof metric === 'string' && nameDefect(metric) === undefined)

/** Of a goal, exactly one beside its metric. */
const GOAL_FIELDS: readonly string[] = ['p95AtMost', 'rateAtLeast', 'raise']

function goalDefect(goal: Goal): string | undefined {
  if (typeof goal?.metric !== 'string' || nameDefect(goal.metric) !== undefined) return 'a goal names no metric'
  const { metric, ...rest } = goal
  const [field, value] = Object.entries(rest)[0] ?? []
  if (Object.keys(rest).length !== 1 || !GOAL_FIELDS.includes(field!))
    return `the goal of ${metric} has not exactly one of ${GOAL_FIELDS.join(', ')}`
  if (field === 'raise') return value === 'throughput' ? undefined : `raise of ${metric} is not "throughput"`
  if (typeof value !== 'number' || !Number.isFinite(value)) return `${field} of ${metric} is no number`
  if (field === 'p95AtMost') return value > 0 ? undefined : `p95AtMost of ${metric} is not above 0`
  return value >= 0 && value <= 1 ? undefined : `rateAtLeast of ${metric} is not 0 to 1`
}
