import { dotLabel, valueLabel } from './label.ts'
import { causesOf, type Mark, meetingsBehind, type SpaceTime } from './model.ts'

/** A Mermaid sequence diagram: a participant for each node, a note for each update, arrows for what its writer had seen. */
export function mermaidText(diagram: SpaceTime): string {
  const { lanes, marks } = diagram
  const [causes, meetings] = [causesOf(diagram), meetingsBehind(diagram)]
  const lines = ['sequenceDiagram', ...lanes.map((nodeId, i) => `  participant n${i} as ${escaped(nodeId)}`)]
  const several = new Set(marks.map(({ name }) => name)).size > 1
  marks.forEach((mark, i) => {
    for (const from of causes[i]!) {
      const cause = marks[from]!
      if (cause.lane !== mark.lane)
        lines.push(`  n${cause.lane}-->>n${mark.lane}: ${escaped(valueLabel(cause.update))}`)
    }
    lines.push(`  Note over n${mark.lane}: ${noteText(mark, several)}`)
    for (const meeting of meetings[i]!) {
      const met = meeting.marks.map((one) => marks[one]!.lane)
      lines.push(`  Note over ${over(met)}: ${escaped(meeting.explanation)}`)
    }
  })
  return `${lines.join('\n')}\n`
}

function noteText({ name, update }: Mark, several: boolean): string {
  const reason = update.reason === null ? '' : `<br/>${escaped(update.reason)}`
  const what = several ? `${name} = ${valueLabel(update)}` : valueLabel(update)
  return `${escaped(what)}<br/>${escaped(dotLabel(update))}${reason}`
}

/** A note spans two participants at most, and those between them. */
function over(lanes: readonly number[]): string {
  const first = Math.min(...lanes)
  const last = Math.max(...lanes)
  return first === last ? `n${first}` : `n${first},n${last}`
}

/** Mermaid ends a text at `;` and a line break, and reads `#…;` as a character: everything that it might read is given as a number. */
const escaped = (text: string): string =>
  text.replace(/[^\p{L}\p{N} .,()'=+*/_-]/gu, (character) => `#${character.codePointAt(0)};`)
