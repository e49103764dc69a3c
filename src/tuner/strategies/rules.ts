import { isJsonObject, type JsonObject, type JsonValue } from '#core/json'
import { short } from '../guard.ts'
import type { Goal, Objective } from '../objective.ts'
import type { Proposal, TrialOutcome, Tunable, TuningContext, TuningStrategy } from '../strategy.ts'
import { onGrid, STEP_PARTS } from '../values.ts'
import { standingOf, type WindowView } from '../window.ts'
import { numbersFrom } from './memory.ts'

/** So many windows in a row, because one bad window is weather. */
const MISSED_P95_WINDOWS = 3
const MISSED_RATE_WINDOWS = 2
/** Giving back is less urgent than getting into trouble again. */
const EASY_WINDOWS = 6
/** After a move: the trial and one more, in which its effect has settled. */
const PAUSE_WINDOWS = 1
/** A step that was halved this often finds nothing any more that noise would not hide. */
const STEP_RATIO_MIN = 0.02
/** Who owns less than this of the largest part of the time is not to blame, also when nobody else can be moved. */
const PART_MIN = 0.25
/** A step that goes on in the same direction was too short. */
const STEP_GROWTH = 1.5

/** What it remembers: how long something has been so, and of each parameter the step and where it went last. */
interface Memory {
  readonly missedP95: number
  readonly missedRate: number
  readonly easy: number
  readonly steps: Readonly<Record<string, number>>
  readonly directions: Readonly<Record<string, number>>
  /** the parameter whose move was taken back last: another one's turn */
  readonly avoid: string
}

type Trouble = 'p95' | 'rate' | 'easy'

/**
 * Moves the parameter that owns the trouble, by the direction that was declared for it: the goal has to be missed in several
 * windows in a row, one parameter moves at a time. A step is halved when its direction turns and grows while it does not, as in
 * Rprop (M. Riedmiller and H. Braun, 1993).
 */
export const rulesStrategy: TuningStrategy = {
  name: 'rules',
  pauseWindows: PAUSE_WINDOWS,

  propose(context, remembered) {
    const memory = counted(memoryOf(remembered), context.objective, context.window)
    const trouble = troubleOf(memory)
    if (trouble === undefined) return { proposal: stay(waitingFor(memory)), memory: toJson(memory) }
    const best = candidates(context, memory, trouble)[0]
    if (best === undefined)
      return { proposal: stay(`${wordsOf(trouble)}, and no parameter can be moved`), memory: toJson(memory) }
    const { tunable, value, ratio } = best
    const reason = `${wordsOf(trouble)}${ownersShare(context, tunable)}: ${goalsText(context)}`
    return {
      proposal: { type: 'move', name: tunable.name, value, reason },
      memory: toJson({
        ...memory,
        missedP95: 0,
        missedRate: 0,
        easy: 0,
        avoid: '',
        steps: { ...memory.steps, [tunable.name]: ratio },
        directions: { ...memory.directions, [tunable.name]: directionOf(tunable, trouble) },
      }),
    }
  },

  /** What had to be taken back went too far, or the wrong way: it goes on from there by half, and after another one's turn. */
  learn({ name, kept }: TrialOutcome, remembered) {
    const memory = memoryOf(remembered)
    if (kept) return toJson(memory)
    const { [name]: ratio = STEP_RATIO_MIN, ...steps } = memory.steps
    const { [name]: _direction, ...directions } = memory.directions
    return toJson({ ...memory, avoid: name, steps: { ...steps, [name]: halved(ratio) }, directions })
  },
}

const stay = (reason: string): Proposal => ({ type: 'stay', reason })

function counted(memory: Memory, { goals }: Objective, window: WindowView): Memory {
  const standings = (kind: string) => goals.filter((goal) => kind in goal).map((goal) => standingOf(goal, window))
  const p95 = standings('p95AtMost')
  const missedP95 = p95.includes('missed')
  const missedRate = standings('rateAtLeast').includes('missed')
  const easy = !missedRate && p95.length > 0 && p95.every((standing) => standing === 'easy')
  return {
    ...memory,
    missedP95: missedP95 ? memory.missedP95 + 1 : 0,
    missedRate: missedRate ? memory.missedRate + 1 : 0,
    easy: easy ? memory.easy + 1 : 0,
  }
}

function troubleOf({ missedP95, missedRate, easy }: Memory): Trouble | undefined {
  if (missedRate >= MISSED_RATE_WINDOWS) return 'rate'
  if (missedP95 >= MISSED_P95_WINDOWS) return 'p95'
  return easy >= EASY_WINDOWS ? 'easy' : undefined
}

function waitingFor({ missedP95, missedRate, easy }: Memory): string {
  if (missedRate > 0) return `success rate missed in ${missedRate} of ${MISSED_RATE_WINDOWS} windows`
  if (missedP95 > 0) return `p95 missed in ${missedP95} of ${MISSED_P95_WINDOWS} windows`
  return easy > 0 ? `p95 far under its goal in ${easy} of ${EASY_WINDOWS} windows` : 'every goal is met'
}

/** A step that could be made. */
interface Candidate {
  readonly tunable: Tunable
  readonly value: number
  readonly ratio: number
}

/** That of the one that owns the largest part comes first; those that own next to nothing are not among them. Loss has its own owner. */
function candidates(context: TuningContext, memory: Memory, trouble: Trouble): Candidate[] {
  const { tunables } = context
  const part = (tunable: Tunable) => partOf(context, tunable, trouble)
  const least = trouble === 'p95' ? PART_MIN * Math.max(...tunables.map(part)) : 0
  const rank = ({ tunable }: Candidate) => (tunable.name === memory.avoid ? -1 : part(tunable))
  return tunables
    .filter((tunable) => part(tunable) >= least)
    .flatMap((tunable) => stepOf(tunable, context, memory, trouble))
    .sort((a, b) => rank(b) - rank(a))
}

/** The step of a parameter, or a part of it where that led to a value that was taken back lately; none where it may not be moved. */
function stepOf(tunable: Tunable, context: TuningContext, memory: Memory, trouble: Trouble): Candidate[] {
  const { objective, isBlocked, stepRatioMax } = context
  const { name, held, whenMissed, value: from } = tunable
  if (held !== undefined || whenMissed === undefined) return []
  const direction = directionOf(tunable, trouble)
  const whole = stepRatio(memory, name, direction, stepRatioMax)
  const steps = STEP_PARTS.map((share) => ({
    tunable,
    value: moved(tunable, direction, share * whole),
    ratio: share * whole,
  }))
  const step = steps.find(({ value }) => value !== from && !isBlocked(name, value))
  if (step === undefined) return []
  return trouble === 'easy' && objective.giveBack === 'default' && !isTowardsDefault(tunable, step.value) ? [] : [step]
}

/** How much of the trouble belongs to this parameter's owner. What was moved for a miss is given back from the smallest part. */
function partOf({ objective, window }: TuningContext, { owner }: Tunable, trouble: Trouble): number {
  if (owner === undefined) return 0
  if (trouble === 'rate') return owner === 'lost' ? 1 : 0
  const metric = objective.breakdown?.[owner]
  const part = metric === undefined ? 0 : (window.metric(metric)?.p95 ?? 0)
  return trouble === 'easy' ? 1 / (1 + part) : part
}

const isTowardsDefault = ({ value, default: preset }: Tunable, target: number): boolean =>
  preset !== undefined && Math.abs(target - preset) < Math.abs(value - preset)

const directionOf = ({ whenMissed }: Tunable, trouble: Trouble): number => {
  const missed = whenMissed === 'raise' ? 1 : -1
  return trouble === 'easy' ? -missed : missed
}

function stepRatio({ steps, directions }: Memory, name: string, direction: number, most: number): number {
  const last = steps[name] ?? most
  if (directions[name] === -direction) return Math.min(most, halved(last))
  return Math.min(most, directions[name] === direction ? STEP_GROWTH * last : last)
}

const halved = (ratio: number): number => Math.max(STEP_RATIO_MIN, ratio / 2)

const moved = (tunable: Tunable, direction: number, ratio: number): number =>
  onGrid(tunable, tunable.value + direction * Math.max(tunable.step, Math.abs(tunable.value) * ratio))

const wordsOf = (trouble: Trouble): string =>
  trouble === 'rate'
    ? 'success rate under its goal'
    : trouble === 'p95'
      ? 'p95 over its goal'
      : 'p95 far under its goal'

function ownersShare({ objective, window }: TuningContext, { owner }: Tunable): string {
  const metric = owner === undefined ? undefined : objective.breakdown?.[owner]
  const part = metric === undefined ? undefined : window.metric(metric)?.p95
  return part === undefined ? '' : `, ${owner} takes ${short(part)}`
}

const goalsText = ({ objective, window }: TuningContext): string =>
  objective.goals.map((goal) => goalText(goal, window)).join(', ')

function goalText(goal: Goal, window: WindowView): string {
  const view = window.metric(goal.metric)
  if ('p95AtMost' in goal) return `${goal.metric} p95 ${short(view?.p95)} (goal ${goal.p95AtMost})`
  if ('rateAtLeast' in goal) return `${goal.metric} ${short(view?.successRate)} (goal ${goal.rateAtLeast})`
  return `${goal.metric} ${short(view?.perSecond)}/s`
}

const toJson = ({ steps, directions, ...rest }: Memory): JsonObject => ({
  ...rest,
  steps: { ...steps },
  directions: { ...directions },
})

function memoryOf(json: JsonValue | undefined): Memory {
  const { missedP95, missedRate, easy, steps, directions, avoid } = json !== undefined && isJsonObject(json) ? json : {}
  return {
    missedP95: numberOr0(missedP95),
    missedRate: numberOr0(missedRate),
    easy: numberOr0(easy),
    steps: numbersFrom(steps),
    directions: numbersFrom(directions),
    avoid: typeof avoid === 'string' ? avoid : '',
  }
}

const numberOr0 = (json: JsonValue | undefined): number => (typeof json === 'number' ? json : 0)
