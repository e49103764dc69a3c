import { useEffect, useRef, useState } from 'preact/hooks'
import { dotLabel, valueLabel } from '#observe/space-time/label'
import { causesOf, type Mark, type SpaceTime } from '#observe/space-time/model'
import { time } from '../model/format.ts'
import { COLUMN_WIDTH, LEFT, layoutStory, type StoryLayout } from '../model/story-layout.ts'
import { Scroll } from './scroll.tsx'

const RADIUS = 8
const ZOOM_STEP = 1.4

/** Lanes to the right, a mark an update; arrows come from what its writer had seen, and dashed lines join what met. */
export function SpaceTimeDiagram({ diagram }: { readonly diagram: SpaceTime }) {
  const last = diagram.marks.length - 1
  const [chosen, setChosen] = useState(last)
  const [column, setColumn] = useState<number>(COLUMN_WIDTH.preset)
  const active = Math.min(chosen, last)
  const place = useRef<HTMLDivElement>(null)
  const zoom = (factor: number) =>
    setColumn((width) => Math.max(COLUMN_WIDTH.least, Math.min(COLUMN_WIDTH.most, width * factor)))
  useEffect(() => {
    // A story is read from its end.
    const frame = place.current!.querySelector('.scroll')!
    frame.scrollLeft = frame.scrollWidth
  }, [diagram.marks.length])
  const press = (event: KeyboardEvent) => {
    const moved = { ArrowLeft: active - 1, ArrowRight: active + 1, Home: 0, End: last }[event.key]
    if (event.key === '+') zoom(ZOOM_STEP)
    if (event.key === '-') zoom(1 / ZOOM_STEP)
    if (moved === undefined || moved < 0 || moved > last) return
    event.preventDefault()
    setChosen(moved)
    place.current!.querySelector<SVGElement>(`[data-mark="${moved}"]`)?.focus()
  }
  return (
    <div ref={place}>
      <div class="bar">
        <button type="button" class="second" aria-label="Zoom out" onClick={() => zoom(1 / ZOOM_STEP)}>
          −
        </button>
        <button type="button" class="second" aria-label="Zoom in" onClick={() => zoom(ZOOM_STEP)}>
          +
        </button>
        <span class="note">
          Arrow keys walk through the updates; + and − zoom. Time runs to the right, causes before effects.
        </span>
      </div>
      <Scroll label="Space-time diagram">
        <Picture
          diagram={diagram}
          layout={layoutStory(diagram, column)}
          active={active}
          onChoose={setChosen}
          onPress={press}
        />
      </Scroll>
      <MarkDetails diagram={diagram} index={active} />
    </div>
  )
}

interface PictureProps {
  readonly diagram: SpaceTime
  readonly layout: StoryLayout
  readonly active: number
  readonly onChoose: (index: number) => void
  readonly onPress: (event: KeyboardEvent) => void
}

function Picture({ diagram, layout, active, onChoose, onPress }: PictureProps) {
  const { lanes, edges, marks } = diagram
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: its marks have names, and the lanes their labels
    <svg class="story" width={layout.width} height={layout.height} onKeyDown={onPress}>
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          orient="auto-start-reverse"
        >
          <path d="M1 1L7 4L1 7" />
        </marker>
      </defs>
      {lanes.map((nodeId, i) => (
        <g key={nodeId} class="lane">
          <line x1={LEFT - 12} x2={layout.width} y1={layout.laneY[i]} y2={layout.laneY[i]} />
          <text x={8} y={layout.laneY[i]! + 4}>
            {nodeId}
          </text>
        </g>
      ))}
      {edges.map(({ from, to }) => (
        <Arrow
          key={`${from} ${to}`}
          from={layout.marks[from]!}
          to={layout.marks[to]!}
          strong={from === active || to === active}
        />
      ))}
      {layout.meetings.map(({ meeting, x, y }) => (
        <g key={`${meeting.marks} ${meeting.decidedBy}`} class="meeting">
          {meeting.marks.map((i) => (
            <line
              key={i}
              x1={layout.marks[i]!.x}
              y1={layout.marks[i]!.y}
              x2={x}
              y2={y}
              class={i === meeting.winner ? 'won' : ''}
            />
          ))}
          <rect x={x - 6} y={y - 6} width={12} height={12} transform={`rotate(45 ${x} ${y})`}>
            <title>{meeting.explanation}</title>
          </rect>
          <text x={x} y={y + 22} text-anchor="middle">
            {meeting.decidedBy}
          </text>
        </g>
      ))}
      {marks.map((mark, i) => (
        <MarkShape
          key={mark.id}
          mark={mark}
          index={i}
          at={layout.marks[i]!}
          active={i === active}
          onChoose={onChoose}
        />
      ))}
    </svg>
  )
}

interface MarkShapeProps {
  readonly mark: Mark
  readonly index: number
  readonly at: { readonly x: number; readonly y: number }
  readonly active: boolean
  readonly onChoose: (index: number) => void
}

/** One tab stop for the whole picture: the chosen mark; the arrow keys move it. */
function MarkShape({ mark, index, at, active, onChoose }: MarkShapeProps) {
  const { update, fate } = mark
  const choose = () => onChoose(index)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button of HTML cannot stand in SVG
    <g
      class={`update ${fate}`}
      role="button"
      tabIndex={active ? 0 : -1}
      aria-pressed={active}
      aria-label={`${dotLabel(update)} = ${valueLabel(update)}, ${fate}`}
      data-mark={index}
      transform={`translate(${at.x} ${at.y})`}
      onFocus={choose}
      onClick={choose}
      onPointerEnter={choose}
    >
      <circle r={RADIUS} />
      {fate === 'lost' && <path d="M-4 -4L4 4M4 -4L-4 4" />}
      {active && <circle class="chosen" r={RADIUS + 4} />}
      <text y={-RADIUS - 6} text-anchor="middle">
        {shortLabel(mark)}
      </text>
    </g>
  )
}

const LABEL_CHARACTERS_MAX = 9

function shortLabel({ update }: Mark): string {
  const text = valueLabel(update)
  return text.length <= LABEL_CHARACTERS_MAX ? text : `${text.slice(0, LABEL_CHARACTERS_MAX - 1).toWellFormed()}…`
}

interface ArrowProps {
  readonly from: { readonly x: number; readonly y: number }
  readonly to: { readonly x: number; readonly y: number }
  readonly strong: boolean
}

function Arrow({ from, to, strong }: ArrowProps) {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const [dx, dy] = [((to.x - from.x) / length) * (RADIUS + 2), ((to.y - from.y) / length) * (RADIUS + 2)]
  return (
    <path
      class={strong ? 'saw strong' : 'saw'}
      marker-end="url(#arrow)"
      d={`M${from.x + dx} ${from.y + dy}L${to.x - dx} ${to.y - dy}`}
    />
  )
}

const FATES: Readonly<Record<Mark['fate'], string>> = {
  stands: 'stands',
  lost: 'lost against a concurrent update, and stands beside it',
  replaced: 'was replaced',
}

function MarkDetails({ diagram, index }: { readonly diagram: SpaceTime; readonly index: number }) {
  const mark = diagram.marks[index]!
  const { update } = mark
  const seen = causesOf(diagram)[index]!.map((cause) => dotLabel(diagram.marks[cause]!.update))
  const met = diagram.meetings.filter(({ marks }) => marks.includes(index))
  return (
    <div class="card mark-details" role="status">
      <p>
        <strong>{dotLabel(update)}</strong> wrote <code>{valueLabel(update)}</code> at {time(update.timestamp[0])}
        {update.priority !== 0 && `, priority ${update.priority}`}
        {update.reason !== null && `: “${update.reason}”`}. It {FATES[mark.fate]}.{' '}
        {seen.length === 0 ? 'Its writer had seen no earlier one.' : `Its writer had seen ${seen.join(', ')}.`}
      </p>
      {met.map(({ explanation, marks }) => (
        <p key={marks.join()}>{explanation}</p>
      ))}
    </div>
  )
}
