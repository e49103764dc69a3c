import { describe, expect, it } from 'vitest'
import type { UpdateAnswer } from '#cli/answers'
import { concurrent } from '#cli/demo/actions'
import { difference, type NodeSnapshot } from '#cli/demo/agreement'
import { choosePorts } from '#cli/demo/ports'
import { stepLines } from '#cli/demo/run'

const update = (origin: string, sequence: number, versionVector: Record<string, number>) =>
  ({ origin, sequence, versionVector }) as unknown as UpdateAnswer

describe('a conflict', () => {
  it('is when neither writer had seen the other', () => {
    expect(concurrent(update('a', 2, { a: 2, b: 1 }), update('b', 2, { a: 1, b: 2 }))).toBe(true)
    expect(concurrent(update('a', 2, { a: 2, b: 2 }), update('b', 2, { a: 1, b: 2 }))).toBe(false)
    expect(concurrent(update('a', 2, { a: 2 }), update('b', 1, { a: 2, b: 1 }))).toBe(false)
    expect(concurrent(update('a', 1, { a: 1 }), update('b', 1, { b: 1 }))).toBe(true)
  })
})

describe('agreement', () => {
  const snapshot = (nodeId: string, digest: string, liveHash: string, value: number) =>
    ({ nodeId, status: { digest, liveHash }, config: { s: { p: value } } }) as unknown as NodeSnapshot
  const one = snapshot('a', 'd', 'l', 1)

  it('is the same digest, the same content and the same values, nothing less', () => {
    expect(difference(one, snapshot('b', 'd', 'l', 1))).toBeUndefined()
    expect(difference(one, snapshot('b', 'x', 'l', 1))).toMatch(/a and b have not seen the same/)
    expect(difference(one, snapshot('b', 'd', 'x', 1))).toMatch(/different content/)
    expect(difference(one, snapshot('b', 'd', 'l', 2))).toMatch(/different values/)
  })
})

describe('ports of the demo', () => {
  it('are all different', async () => {
    const ports = (await choosePorts(5, false)).flatMap(({ mesh, http }) => [mesh, http])
    expect(new Set(ports).size).toBe(10)
  })
})

describe('a step', () => {
  it('says when each node had what', () => {
    const step = { title: 't', lines: ['why'], tookMs: 3, reachedMs: { a: 1.23, b: 3 }, having: 'both' }
    expect(stepLines(step)).toEqual(['why', 'a has both after 1.2 ms, b has both after 3.0 ms'])
    expect(stepLines({ title: 't', lines: [], tookMs: 1 })).toEqual([])
  })
})
