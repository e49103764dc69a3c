import { describe, expect, it } from 'vitest'
import { dotLabel } from '#observe/space-time/label'
import { mermaidText } from '#observe/space-time/mermaid'
import { causesOf, type SpaceTime, spaceTimeOf } from '#observe/space-time/model'
import type { RecordedHistory, RecordedUpdate } from '#observe/space-time/recorded'
import { SHIVIZ_REGEX, shivizLog } from '#observe/space-time/shiviz'
import { svgText } from '#observe/space-time/svg'
import { diagramLines } from '#observe/space-time/text'
import { disputedMesh, historiesOf } from '../../support/disputed-history.ts'
import { codeFilesOf } from '../tidy/sources.ts'
import { importsOf } from '../tidy/syntax.ts'

const SEEDS = [1, 2, 3, 4, 5]

const diagrams = await Promise.all(
  SEEDS.map(async (seed) => {
    const mesh = await disputedMesh(seed)
    const drawn = spaceTimeOf(await historiesOf(mesh.nodes[0]!))
    await mesh.stop()
    return [`seed ${seed}`, drawn] as const
  }),
)

/** Everything that precedes each mark by the edges, and by nothing else. */
function past(diagram: SpaceTime): Set<number>[] {
  const before: Set<number>[] = []
  causesOf(diagram).forEach((causes, i) => {
    before[i] = new Set(causes.flatMap((cause) => [cause, ...before[cause]!]))
  })
  return before
}

describe.each(diagrams)('the space-time diagram of real nodes under partitions, %s', (_, diagram) => {
  it('has every update of the history once, with conflicts among them', () => {
    const ids = diagram.marks.map(({ name, id }) => `${name} ${id}`)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(15)
    expect(diagram.meetings.length).toBeGreaterThan(0)
  })

  it('puts causes before what they caused, and the writes of one node in their order', () => {
    for (const { from, to } of diagram.edges) expect(from).toBeLessThan(to)
    const last = new Map<string, number>()
    for (const { update } of diagram.marks) {
      expect(update.sequence).toBeGreaterThan(last.get(update.origin) ?? 0)
      last.set(update.origin, update.sequence)
    }
  })

  it('says by its edges exactly what the version vectors say', () => {
    const { marks } = diagram
    past(diagram).forEach((before, i) => {
      const { name, update } = marks[i]!
      const seen = marks.flatMap((other, j) =>
        i !== j && other.name === name && (update.versionVector[other.update.origin] ?? 0) >= other.update.sequence
          ? [j]
          : [],
      )
      expect([...before].sort((a, b) => a - b)).toEqual(seen)
    })
  })

  it('has no edge that follows from two others', () => {
    const before = past(diagram)
    causesOf(diagram).forEach((causes) => {
      for (const cause of causes)
        expect(causes.some((other) => other !== cause && before[other]!.has(cause))).toBe(false)
    })
  })

  it('joins in a meeting only what did not know of each other, and the winner is among them', () => {
    const before = past(diagram)
    for (const { marks: met, winner } of diagram.meetings) {
      expect(met).toContain(winner)
      for (const a of met) for (const b of met) expect(before[a]!.has(b)).toBe(false)
    }
  })

  it('is a log that ShiViz reads: its events count up on each host, and its clocks say what the edges say', () => {
    const events = [...shivizLog(diagram).matchAll(new RegExp(SHIVIZ_REGEX, 'g'))].map(({ groups }) => ({
      host: groups!['host']!,
      clock: JSON.parse(groups!['clock']!) as Record<string, number>,
      event: groups!['event']!,
    }))
    expect(events.map(({ host }) => host)).toEqual(diagram.marks.map(({ lane }) => diagram.lanes[lane]))
    const counts = new Map<string, number>()
    for (const { host, clock, event } of events) {
      counts.set(host, (counts.get(host) ?? 0) + 1)
      expect(clock[host]).toBe(counts.get(host))
      for (const [other, n] of Object.entries(clock)) expect(n).toBeLessThanOrEqual(counts.get(other) ?? 0)
      expect(event).not.toBe('')
    }
    for (const { from, to } of diagram.edges) {
      const [cause, effect] = [events[from]!, events[to]!]
      for (const [host, n] of Object.entries(cause.clock)) expect(effect.clock[host] ?? 0).toBeGreaterThanOrEqual(n)
    }
  })

  it('is drawn as text: a lane for each node, as wide on each line, a mark and a label for each update', () => {
    const lines = diagramLines(diagram)
    expect(new Set(lines.map(({ lanes }) => lanes.length)).size).toBe(1)
    const marks = lines.filter(({ kind }) => kind !== 'head' && kind !== 'meeting')
    expect(marks.map(({ text }) => text.split('  ')[0])).toEqual(diagram.marks.map(({ update }) => dotLabel(update)))
    expect(lines.filter(({ kind }) => kind === 'meeting').map(({ text }) => text)).toEqual(
      expect.arrayContaining(diagram.meetings.map(({ explanation }) => explanation)),
    )
  })

  it('is a Mermaid diagram: only lines of its grammar, no character that would end a text', () => {
    const [head, ...lines] = mermaidText(diagram).trimEnd().split('\n')
    expect(head).toBe('sequenceDiagram')
    const text = String.raw`(?:[^;#\n]|#\d+;)+`
    const grammar = new RegExp(
      `^  (?:participant n\\d+ as ${text}|Note over n\\d+(?:,n\\d+)?: ${text}|n\\d+-->>n\\d+: ${text})$`,
    )
    expect(lines.filter((line) => !grammar.test(line))).toEqual([])
    expect(lines.length).toBeGreaterThanOrEqual(diagram.lanes.length + diagram.marks.length)
  })

  it('is an SVG: tags that close, a circle for each update, nothing of a value that is not escaped', () => {
    const svg = svgText(diagram)
    const open: string[] = []
    for (const [, closing, name, selfClosing] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
      if (closing) expect(open.pop()).toBe(name)
      else if (!selfClosing) open.push(name!)
    }
    expect(open).toEqual([])
    expect(svg.match(/<circle /g)).toHaveLength(diagram.marks.length)
    expect(svg).not.toContain('<b>')
    expect(svg).not.toMatch(/&(?!amp;|lt;|gt;|quot;)/)
    expect(svg).not.toMatch(/NaN|undefined/)
  })
})

const update = (nodeId: string, sequence: number, ms: number, seen: Record<string, number> = {}): RecordedUpdate => {
  const origin = `${nodeId}~0123456789abcdef`
  return {
    nodeId,
    origin,
    sequence,
    timestamp: [ms, 0],
    versionVector: { ...seen, [origin]: sequence },
    value: sequence,
    deleted: false,
    priority: 0,
    reason: null,
  }
}

describe('the drawing', () => {
  const first = update('a', 1, 3_000)
  const left = update('b', 1, 2_000, first.versionVector)
  const right = update('c', 1, 1_000, first.versionVector)
  const met = { dropped: false, winner: left, decidedBy: 'timestamp', explanation: "b's 1 won over c's 1" }
  const alone = { dropped: false, concurrent: [], decidedBy: null, explanation: 'x' }
  const history: RecordedHistory = {
    section: 's',
    parameter: 'p',
    history: [
      { ...met, update: right, superseded: [], concurrent: [left] },
      { ...alone, update: left, superseded: [first], winner: left },
      { ...alone, update: first, superseded: [], winner: first },
    ],
  }

  it('follows what writers had seen, whatever their clocks say, and shows who met and who won', () => {
    const lines = diagramLines(spaceTimeOf([history])).map(({ time, lanes, text }) => [time, lanes, text])
    expect(lines).toEqual([
      ['', '   a       b       c    ', ''],
      ['00:00:03.000', '   •                    ', 'a:1  1'],
      ['00:00:01.000', '   ├──────────────▶○    ', 'c:1  1  (had seen a:1)'],
      ['00:00:02.000', '   ├──────▶●       │    ', 'b:1  1  (had seen a:1)'],
      ['', '   │       ◆═══════╪    ', "b's 1 won over c's 1"],
    ])
  })

  it('of nothing is a head without lanes', () => {
    expect(diagramLines(spaceTimeOf([]))).toHaveLength(1)
    expect(shivizLog(spaceTimeOf([]))).toBe('')
    expect(svgText(spaceTimeOf([]))).toContain('</svg>')
  })

  it('of ten thousand changes is made in one go', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => update('a', i + 1, i))
    const changes = many.map((one, i) => ({
      ...alone,
      update: one,
      superseded: i > 0 ? [many[i - 1]!] : [],
      winner: one,
    }))
    const drawn = spaceTimeOf([{ section: 's', parameter: 'p', history: changes.toReversed() }])
    expect(drawn.edges).toHaveLength(9_999)
  })
})

describe('the folder', () => {
  it('imports nothing that a browser does not have', () => {
    const files = codeFilesOf('src').filter(({ path }) => path.startsWith('src/observe/space-time/'))
    expect(files.length).toBeGreaterThan(5)
    const foreign = files.flatMap((file) =>
      importsOf(file)
        .filter(({ specifier, typeOnly }) => !typeOnly && !specifier.startsWith('./'))
        .map(({ specifier }) => `${file.path}: ${specifier}`),
    )
    expect(foreign).toEqual([])
  })
})
