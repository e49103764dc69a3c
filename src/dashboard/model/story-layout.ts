import type { Meeting, SpaceTime } from '#observe/space-time/model'

export const LANE_HEIGHT = 64
export const TOP = 34
export const LEFT = 96
export const COLUMN_WIDTH = { least: 24, preset: 64, most: 160 } as const

/** Where things stand: time runs to the right, in the order of causes, because clocks may be wrong. */
export interface StoryLayout {
  readonly width: number
  readonly height: number
  readonly marks: readonly { readonly x: number; readonly y: number }[]
  readonly meetings: readonly { readonly meeting: Meeting; readonly x: number; readonly y: number }[]
  readonly laneY: readonly number[]
}

/** A column for each update, and one for each meeting right behind the last that met in it. */
export function layoutStory({ lanes, marks, meetings }: SpaceTime, columnWidth: number): StoryLayout {
  const laneY = lanes.map((_, i) => TOP + (i + 0.5) * LANE_HEIGHT)
  const behind = Map.groupBy(meetings, ({ marks: met }) => met.at(-1)!)
  const placedMeetings: { meeting: Meeting; x: number; y: number }[] = []
  const placed: { x: number; y: number }[] = []
  let column = 0
  const next = () => LEFT + (column++ + 0.5) * columnWidth
  for (const [i, { lane }] of marks.entries()) {
    placed.push({ x: next(), y: laneY[lane]! })
    for (const meeting of behind.get(i) ?? []) {
      const ys = meeting.marks.map((met) => laneY[marks[met]!.lane]!)
      placedMeetings.push({ meeting, x: next(), y: (Math.min(...ys) + Math.max(...ys)) / 2 })
    }
  }
  return {
    width: LEFT + column * columnWidth + 24,
    height: TOP + lanes.length * LANE_HEIGHT + 12,
    marks: placed,
    meetings: placedMeetings,
    laneY,
  }
}
