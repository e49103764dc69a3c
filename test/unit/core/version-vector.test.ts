import { describe, expect, it } from 'vitest'
import { resolveConflict } from '#core/resolution'
import { compareVersionVectors } from '#core/version-vector'

describe('the comparison rules of version vectors', () => {
  it('rule 1: a vector that is greater or equal in every count and greater in one is newer', () => {
    expect(compareVersionVectors({ node_1: 3, node_2: 5 }, { node_1: 3, node_2: 4 })).toBe('greater')
    expect(compareVersionVectors({ node_1: 3, node_2: 4 }, { node_1: 3, node_2: 5 })).toBe('less')
  })

  it('rule 1: a missing count is 0', () => {
    expect(compareVersionVectors({ node_1: 1 }, {})).toBe('greater')
    expect(compareVersionVectors({}, { node_1: 1 })).toBe('less')
    expect(compareVersionVectors({ node_1: 0 }, {})).toBe('equal')
  })

  it('rule 2: vectors that each exceed the other somewhere are concurrent', () => {
    expect(compareVersionVectors({ node_1: 3, node_2: 5 }, { node_1: 4, node_2: 4 })).toBe('concurrent')
    expect(compareVersionVectors({ node_1: 1 }, { node_2: 1 })).toBe('concurrent')
  })

  it('rule 3: of equal vectors the later timestamp wins', () => {
    expect(compareVersionVectors({ node_1: 3 }, { node_1: 3 })).toBe('equal')
    const earlier = { nodeId: 'node_2', timestamp: 10 }
    const later = { nodeId: 'node_1', timestamp: 11 }
    expect(resolveConflict(earlier, later)).toBe(later)
    expect(resolveConflict(later, earlier)).toBe(later)
  })

  it('rule 4: of equal vectors and timestamps the greater node id wins', () => {
    const smaller = { nodeId: 'node_1', timestamp: 10 }
    const greater = { nodeId: 'node_2', timestamp: 10 }
    expect(resolveConflict(smaller, greater)).toBe(greater)
    expect(resolveConflict(greater, smaller)).toBe(greater)
  })

  it('takes a writer for an entry even when it is called like something every object has', () => {
    expect(compareVersionVectors({ constructor: 1 }, {})).toBe('greater')
    expect(compareVersionVectors({}, { toString: 1 })).toBe('less')
  })
})
