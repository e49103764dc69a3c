import pico from 'picocolors'
import { describe, expect, it } from 'vitest'
import { shortOrigins, vectorTable } from '#cli/commands/vv'

const A = 'a~0123456789abcdef'
const A2 = 'a~fedcba9876543210'
const B = 'b~0123456789abcdef'

describe('the table of version vectors', () => {
  it('shows how far each node has seen each origin, and what it lacks', () => {
    const nodes = [
      { nodeId: 'a', self: true, inStep: null, versionVector: { [A]: 5, [B]: 3 } },
      { nodeId: 'b', self: false, inStep: false, versionVector: { [A]: 3, [B]: 4 } },
    ]
    expect(vectorTable(nodes, pico.createColors(false))).toEqual({
      head: ['node', 'a', 'b', 'in step'],
      rows: [
        ['a (asked)', '5', '3 -1', 'yes'],
        ['b', '3 -2', '4', 'no'],
      ],
    })
  })

  it('knows the vector of whoever is in step with the asked node, and of nobody else who has not told', () => {
    const nodes = [
      { nodeId: 'a', self: true, inStep: null, versionVector: { [A]: 5 } },
      { nodeId: 'b', self: false, inStep: true, versionVector: null },
      { nodeId: 'c', self: false, inStep: null, versionVector: null },
    ]
    const { rows } = vectorTable(nodes, pico.createColors(false))
    expect(rows.map((row) => row[1])).toEqual(['5', '5', '?'])
  })

  it('tells the incarnations of one node apart', () => {
    expect(shortOrigins([A, A2, B])).toEqual(['a~0123', 'a~fedc', 'b'])
  })
})

describe('the colours of the table', () => {
  it('are hotter the more a node lacks', () => {
    const vector = (n: number) => ({ nodeId: `n${n}`, self: false, inStep: false, versionVector: { [A]: n } })
    const { rows } = vectorTable([200, 199, 185, 50].map(vector), pico.createColors(true))
    const background = rows.map((row) => row[1]!.split('[').find((piece) => /^4\dm/.test(piece))?.[1])
    expect(background).toEqual([undefined, '3', '5', '1'])
    expect(rows[0]![1]).toBe(pico.createColors(true).green('200'))
  })
})
