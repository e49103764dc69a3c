import type { TunerAnswer } from './answers.ts'
import { type Colors, duration, printable } from './output.ts'

type ObjectiveAnswer = TunerAnswer['objectives'][number]
type GoalAnswer = ObjectiveAnswer['goals'][number]
type AdjustmentAnswer = TunerAnswer['adjustments'][number]

/** Four digits are as many as a person compares. */
const short = (value: number | null | undefined): string =>
  value === null || value === undefined ? 'unknown' : String(Number(value.toPrecision(4)))

/** `request_ms p95 ≤ 200` */
export function goalText({ metric, p95AtMost, rateAtLeast, raise }: GoalAnswer): string {
  if (p95AtMost !== null) return printable(`${metric} p95 ≤ ${short(p95AtMost)}`)
  if (rateAtLeast !== null) return printable(`${metric} ≥ ${short(rateAtLeast)}`)
  return printable(`${metric}: raise ${raise ?? ''}`)
}

/** `183 of 1,200 samples` */
export function measuredText({ p95AtMost, rateAtLeast, measured }: GoalAnswer): string {
  if (measured === null) return 'nothing'
  const value = p95AtMost !== null ? measured.p95 : rateAtLeast !== null ? measured.successRate : measured.perSecond
  return `${short(value)} of ${measured.samples} samples`
}

export function standingText(standing: GoalAnswer['standing'], colors: Colors): string {
  if (standing === 'missed') return colors.red(standing)
  return standing === 'unknown' ? colors.yellow('too few samples') : colors.green(standing)
}

/** When, what, from where to where, by whom, why. */
export function adjustmentLine(adjustment: AdjustmentAnswer, colors: Colors): string {
  const { at, kind, section, parameter, oldValue, newValue, nodeId, epoch, reason } = adjustment
  const name = colors.cyan(printable(`${section}.${parameter}`))
  const move = `${short(oldValue)} → ${colors.bold(short(newValue))}`
  const by = nodeId === '' ? '' : `  by ${nodeId} in reign ${epoch}`
  const mark = kind === 'revert' ? colors.yellow(' (taken back)') : ''
  return `${colors.dim(new Date(at).toISOString())}  ${name}  ${move}${mark}${by}  ${printable(reason)}`
}

/** Everything that a person asks at night, in sentences. @param name of one parameter, or undefined for all */
export function explanationLines(answer: TunerAnswer, name: string | undefined): string[] {
  const objectives = answer.objectives.filter(
    ({ parameters }) => name === undefined || parameters.some(({ parameter }) => parameter === name),
  )
  if (objectives.length === 0) return [`${name} belongs to no objective of this tuner.`]
  return [modeSentence(answer), ...objectives.flatMap((objective) => objectiveSentences(objective, answer, name))]
}

function modeSentence({ mode, windowMs }: TunerAnswer): string {
  const seconds = windowMs / 1000
  switch (mode) {
    case 'active':
      return `This node coordinates: every ${seconds} s it judges what all nodes measured, and publishes what it decides.`
    case 'observing':
      return `Another node coordinates: this one measures, and says every ${seconds} s what it would do by what it sees itself.`
    case 'single-node':
      return `There is no mesh: every ${seconds} s the tuner decides for this process alone.`
    default:
      return 'The tuner is off (auto_tuner.enabled).'
  }
}

function objectiveSentences(objective: ObjectiveAnswer, answer: TunerAnswer, name: string | undefined): string[] {
  const goals = objective.goals.map((goal) => `  ${goalText(goal)}: ${goal.standing}, measured ${measuredText(goal)}.`)
  const parameters = objective.parameters.filter(({ parameter }) => name === undefined || parameter === name)
  return [
    `${objective.name}: ${objective.note}.`,
    ...(objective.frozen ? ['  It is frozen: nothing moves until configsync tuner release.'] : []),
    ...trialSentences(objective),
    ...goals,
    ...parameters.flatMap((parameter) => parameterSentences(parameter, objective, answer)),
  ]
}

function trialSentences({ trial }: ObjectiveAnswer): string[] {
  if (trial === null) return []
  const { parameter, oldValue, newValue, windows } = trial
  return [
    `  ${parameter} went from ${short(oldValue)} to ${short(newValue)} and is on trial: ${windows} of 2 windows judged.`,
  ]
}

/** The newest adjustment of a parameter that is remembered. */
export const lastMove = ({ adjustments }: TunerAnswer, name: string): AdjustmentAnswer | undefined =>
  adjustments.find((one) => `${one.section}.${one.parameter}` === name)

function parameterSentences(
  { parameter, value, held }: ObjectiveAnswer['parameters'][number],
  { blocked }: ObjectiveAnswer,
  answer: TunerAnswer,
): string[] {
  const last = lastMove(answer, parameter)
  const why =
    last === undefined
      ? 'never moved by the tuner here'
      : `moved last from ${short(last.oldValue)}, because: ${last.reason}`
  return [
    `  ${parameter} is ${short(value)}: ${held === null ? why : `left alone, ${held}`}.`,
    ...blocked
      .filter((one) => one.parameter === parameter)
      .map((one) => `    ${short(one.value)} was taken back and is not tried for ${duration(one.leftMs)} more.`),
  ]
}
