import { mermaidText } from '#observe/space-time/mermaid'
import { type SpaceTime, spaceTimeOf } from '#observe/space-time/model'
import { shivizLog } from '#observe/space-time/shiviz'
import { svgText } from '#observe/space-time/svg'
import { type DiagramLine, diagramLines } from '#observe/space-time/text'
import type { HistoryAnswer } from './answers.ts'
import { usageFailure } from './failure.ts'
import { type Colors, type Output, printable } from './output.ts'
import { saveText } from './output-file.ts'

export interface PictureOptions {
  readonly diagram?: boolean
  readonly format?: 'shiviz' | 'json'
  readonly mermaid?: boolean
  readonly svg?: string
}

/** @throws a usage failure unless there is one way at most; a picture that is saved may come on top */
export function checkPicture({ diagram, format, mermaid }: PictureOptions): void {
  if ([diagram, format, mermaid].filter(Boolean).length > 1)
    throw usageFailure('give one of --diagram, --mermaid and --format')
}

/** Draws histories in the way that was asked for. */
export async function printDiagram(
  histories: readonly HistoryAnswer[],
  options: PictureOptions,
  output: Output,
): Promise<void> {
  const { diagram, format, mermaid, svg } = options
  const drawn = spaceTimeOf(histories)
  if (svg !== undefined) {
    await saveText(svg, svgText(drawn))
    output.notice(`saved ${svg}`)
  }
  if (format === 'shiviz') output.text(shivizLog(drawn))
  else if (mermaid) output.text(mermaidText(drawn))
  else if (format === 'json' || output.json) output.document(drawn)
  else if (diagram) for (const line of coloredLines(drawn, output.colors)) output.line(line)
}

/** The diagram with its times, coloured by what became of each update. */
export function coloredLines(drawn: SpaceTime, colors: Colors): string[] {
  const lines = diagramLines(drawn)
  if (lines.length === 1) return ['No change is remembered.']
  return lines.map((line) =>
    `${colors.dim(line.time.padEnd(TIME_WIDTH))}  ${line.lanes}  ${colorOf(line, colors)(printable(line.text))}`.trimEnd(),
  )
}

const TIME_WIDTH = 12

function colorOf({ kind }: DiagramLine, colors: Colors): (text: string) => string {
  if (kind === 'stands') return colors.green
  if (kind === 'lost' || kind === 'meeting') return colors.yellow
  return kind === 'replaced' ? colors.dim : (text) => text
}
