import type { ChangeAnswer, NodeAnswer, ParameterAnswer, TunerAnswer } from './answers.ts'
import { duration, shortValue } from './output.ts'
import { nameText } from './parameter-name.ts'
import { lastMove } from './tuner-text.ts'

/** What an agent knows of one parameter. */
export interface KnownOfParameter {
  readonly parameter: ParameterAnswer
  /** undefined when nothing ever changed it */
  readonly newest: ChangeAnswer | undefined
  readonly nodes: readonly NodeAnswer[]
  readonly tuner: TunerAnswer
}

/** All that somebody asks at night about one value: what it is, since when, why, by whose hand, and who lacks it. */
export function explanationSentences(known: KnownOfParameter): string[] {
  const { parameter, newest } = known
  const why = newest === undefined ? [] : [`${newest.explanation}.`]
  return [valueSentence(parameter), ...why, ...tunerSentences(known), ...spreadSentences(known)]
}

function valueSentence(answer: ParameterAnswer): string {
  const name = nameText(answer)
  const value = shortValue(answer.value)
  const { update } = answer
  if (update === null) return `${name} is ${value}: nobody has set it, so its declared default holds.`
  const wrote = `${update.nodeId} at ${new Date(update.timestamp[0]).toISOString()}${reasonText(update.reason)}`
  switch (answer.source) {
    case 'none':
      return answer.deleted ? `${name} was deleted by ${wrote}.` : `${name} has no value here: ${refusal(answer)}.`
    case 'default':
      return `${name} is ${value}, its declared default: ${answer.deleted ? `it was deleted by ${wrote}` : refusal(answer)}.`
    case 'sibling':
      return `${name} is ${value}: ${refusal(answer)}, so the greatest of the values that stand and are valid here is used.`
    case 'stale':
      return `${name} is still ${value}, the last value that was valid here: ${refusal(answer)}.`
    default:
      return `${name} is ${value}, written by ${wrote}.`
  }
}

/** What resolution puts first is not taken here. */
function refusal({ update, siblings }: ParameterAnswer): string {
  const first = siblings.find((one) => one.origin === update?.origin && one.sequence === update.sequence)
  const what = first === undefined ? 'the value that stands' : `${first.nodeId}'s ${shortValue(first.value)}`
  return `the schema of this node refuses ${what}`
}

const reasonText = (reason: string | null): string => (reason === null ? '' : ` (${reason})`)

function tunerSentences({ parameter, tuner }: KnownOfParameter): string[] {
  const name = nameText(parameter)
  const { update } = parameter
  const own =
    update !== null && update.epoch > 0 ? [`The tuner of ${update.nodeId} wrote it, in reign ${update.epoch}.`] : []
  const objective = tuner.objectives.find(({ parameters }) => parameters.some((one) => one.parameter === name))
  if (objective === undefined) return own
  const { held } = objective.parameters.find((one) => one.parameter === name)!
  const stance = held === null ? `The tuner may move it, for ${objective.name}` : `The tuner leaves it alone: ${held}`
  const last = lastMove(tuner, name)
  return [...own, `${stance}${last === undefined ? '' : `; it moved it last because ${last.reason}`}.`]
}

/** Who has everything that stands, as far as they have told. */
function spreadSentences({ parameter, nodes }: KnownOfParameter): string[] {
  const { update, siblings } = parameter
  const dots = siblings.length > 0 ? siblings : update === null ? [] : [update]
  if (dots.length === 0) return []
  const lacking: string[] = []
  const silent: string[] = []
  for (const { nodeId, self, inStep, behindForMs, versionVector } of nodes) {
    if (self || inStep === true) continue
    if (versionVector === null) silent.push(nodeId)
    else if (dots.some(({ origin, sequence }) => (versionVector[origin] ?? 0) < sequence))
      lacking.push(
        `${nodeId} has not shown that it has it${behindForMs ? `, out of step for ${duration(behindForMs)}` : ''}`,
      )
  }
  if (lacking.length === 0 && silent.length === 0)
    return [nodes.length === 1 ? 'No other node is live.' : `All ${nodes.length} live nodes have it.`]
  const unknown = silent.length === 0 ? [] : [`${silent.join(', ')} has not told yet`]
  return [`${[...lacking, ...unknown].join('; ')}.`]
}
