import { dotLabel, valueLabel } from './label.ts'
import { causesOf, type Mark, type SpaceTime } from './model.ts'

/**
 * What to paste into ShiViz as "log parsing regular expression": two lines an event, the host with its vector clock, and
 * what happened. It is ShiViz's own preset.
 */
export const SHIVIZ_REGEX = '(?<host>\\S*) (?<clock>{.*})\\n(?<event>.*)'

/**
 * A log that ShiViz reads (https://bestchai.bitbucket.io/shiviz/): a host for each node, an event for each update. Its clocks
 * count events of a host, 1, 2, 3 …, so they are made anew: an update's own sequences have gaps where the node wrote
 * other parameters.
 */
export function shivizLog(diagram: SpaceTime): string {
  const clocks = vectorClocks(diagram)
  return diagram.marks
    .map((mark, i) => {
      const clock = Object.fromEntries([...clocks[i]!].map(([lane, count]) => [diagram.lanes[lane]!, count]))
      return `${diagram.lanes[mark.lane]} ${JSON.stringify(clock)}\n${eventText(mark)}\n`
    })
    .join('')
}

/** For each mark how many events of each lane it had seen, its own included. The writes of one lane follow each other. */
export function vectorClocks(diagram: SpaceTime): readonly ReadonlyMap<number, number>[] {
  const clocks: Map<number, number>[] = []
  const lastOfLane = new Map<number, number>()
  const causes = causesOf(diagram)
  diagram.marks.forEach(({ lane }, i) => {
    const clock = new Map<number, number>()
    const last = lastOfLane.get(lane)
    const seen = last === undefined ? causes[i]! : [...causes[i]!, last]
    for (const cause of seen)
      for (const [other, count] of clocks[cause]!) clock.set(other, Math.max(count, clock.get(other) ?? 0))
    clock.set(lane, (clock.get(lane) ?? 0) + 1)
    clocks.push(clock)
    lastOfLane.set(lane, i)
  })
  return clocks
}

/** On one line, whatever the value and the reason hold: JSON escapes line breaks. */
function eventText({ name, update, fate }: Mark): string {
  const reason = update.reason === null ? '' : ` ${JSON.stringify(update.reason)}`
  return `${oneLine(name)} = ${valueLabel(update)} (${dotLabel(update)}, ${fate})${reason}`
}

/** Names hold no control characters, but two separators of Unicode end a line for some readers. */
const oneLine = (text: string): string => text.replace(/[\u2028\u2029]/g, ' ')
