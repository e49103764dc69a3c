import type { AdjustmentJson, ObjectiveJson, TunerJson, TunerTold } from '../agent/answers.ts'
import { Observable } from './observable.ts'

/** One value of a metric over one window. */
export interface Point {
  readonly at: number
  readonly value: number
}

const POINTS_MAX = 720
const ADJUSTMENTS_MAX = 200

type GoalJson = ObjectiveJson['goals'][number]

/** What a goal looks at, of what was measured for it. */
export function measuredOf({ measured, p95AtMost, rateAtLeast }: GoalJson): number | null {
  if (measured === null) return null
  if (p95AtMost !== null) return measured.p95
  return rateAtLeast === null ? measured.perSecond : measured.successRate
}

/** The tuner of this agent's node, with the series of its goals as far as this page and the agent's events have them. */
export class Tuning extends Observable {
  status: TunerJson | undefined
  adjustments: readonly AdjustmentJson[] = []
  readonly #series = new Map<string, Point[]>()

  replace(answer: TunerJson): void {
    this.status = answer
    this.adjustments = answer.adjustments
    this.touch()
  }

  tell(told: TunerTold): void {
    if (told.kind === 'window') this.#window(told.at, told.status)
    if (told.kind === 'adjust' || told.kind === 'revert')
      this.adjustments = [told, ...this.adjustments.filter((one) => one.at !== told.at)].slice(0, ADJUSTMENTS_MAX)
    this.touch()
  }

  points(objective: string, metric: string): readonly Point[] {
    return this.#series.get(`${objective} ${metric}`) ?? []
  }

  #window(at: number, status: TunerJson): void {
    this.status = { ...status, adjustments: this.adjustments, total: this.status?.total ?? 0 } as TunerJson
    for (const objective of status.objectives)
      for (const goal of objective.goals) {
        const value = measuredOf(goal)
        if (value === null) continue
        const key = `${objective.name} ${goal.metric}`
        const points = this.#series.get(key) ?? []
        if (points.at(-1)?.at === at) continue
        this.#series.set(key, [...points, { at, value }].slice(-POINTS_MAX))
      }
  }
}
