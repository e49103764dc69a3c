import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HashSum, hash64Text, hashContiguous, hashRange, hashString, hashUpdate, result } from '#core/digest'
import type { Origin, Sequence } from '#core/identity'
import type { JsonValue } from '#core/json'
import { Seen } from '#core/seen'
import type { Update } from '#core/update'

const text = () => hash64Text([result.lane1, result.lane2])
const origin = 'node-1~0123456789abcdef' as Origin

function update(value: JsonValue | undefined): Update {
  return {
    section: 'mesh',
    parameter: 'batch_size_limit',
    value,
    origin,
    sequence: 3 as Sequence,
    timestampMs: 1_767_225_600_000,
    timestampLogical: 1,
    priority: 0,
    rule: 'latest',
    epoch: 0,
    context: [],
    group: undefined,
    reason: undefined,
    trace: undefined,
    unknownFields: undefined,
  }
}

function documented(): string[] {
  const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
  const section = page.slice(page.indexOf('## Digests'), page.indexOf('## Versions'))
  return Array.from(section.matchAll(/`([0-9a-f]{16})` \|/g), (match) => match[1]!)
}

describe('hashes', () => {
  it('are those that docs/protocol.md shows to other languages', () => {
    const computed: string[] = []
    const note = (hash: () => void) => {
      hash()
      computed.push(text())
    }
    note(() => hashString(''))
    note(() => hashString('abc'))
    note(() => hashString(origin))
    const { lane1, lane2 } = result
    note(() => hashContiguous(lane1, lane2, 3))
    note(() => hashRange(lane1, lane2, 5, 7))
    note(() => hashUpdate(lane1, lane2, update(15)))
    note(() => hashUpdate(lane1, lane2, update({ b: [true, null, 1.5], a: 'é' })))
    expect(documented()).toEqual(computed)
  })

  it('of neighbouring sequences are all different and have every bit set about half of the time', () => {
    const seen = new Set<string>()
    const bits = new Array<number>(64).fill(0)
    const count = 20_000
    for (let n = 1; n <= count; n++) {
      hashContiguous(0x1234, 0x5678, n)
      seen.add(text())
      for (let bit = 0; bit < 32; bit++) {
        bits[bit]! += (result.lane1 >>> bit) & 1
        bits[32 + bit]! += (result.lane2 >>> bit) & 1
      }
    }
    expect(seen.size).toBe(count)
    for (const ones of bits) expect(Math.abs(ones / count - 0.5)).toBeLessThan(0.02)
  })

  it('differ when any part of the content differs, and not with the order of keys', () => {
    const of = (changed: Partial<Update>) => {
      hashUpdate(1, 2, { ...update('value'), ...changed })
      return text()
    }
    const same = of({})
    const changes: Partial<Update>[] = [
      { value: 'valuf' },
      { value: undefined },
      { value: ['value'] },
      { priority: 1 },
      { timestampMs: 1 },
      { timestampLogical: 2 },
      { epoch: 1 },
      { rule: 'max' },
      { section: 'mesi' },
      { parameter: 'x' },
      { sequence: 4 as Sequence },
    ]
    expect(new Set([same, ...changes.map(of)]).size).toBe(changes.length + 1)
    expect(of({ value: { a: 1, b: 2 } })).toBe(of({ value: { b: 2, a: 1 } }))
    expect(of({ value: 0 })).toBe(of({ value: -0 }))
  })
})

describe('the digest of seen', () => {
  const dots = fc.array(fc.record({ origin: fc.nat(2), sequence: fc.integer({ min: 1, max: 30 }) }), { maxLength: 60 })
  const digestOf = (list: readonly { origin: number; sequence: number }[]) => {
    const seen = new Seen()
    for (const dot of list) seen.add(seen.state(`n${dot.origin}~0000000000000000` as Origin), dot.sequence)
    return { digest: seen.digest.value(), coverage: seen.coverage(Number.POSITIVE_INFINITY) }
  }

  it('depends on what is covered and on nothing else: not on order, repetition, or how holes came and went', () => {
    fc.assert(
      fc.property(dots, fc.integer(), (list, seed) => {
        const shuffled = [...list, ...list].sort((a, b) => ((a.sequence * seed) % 7) - ((b.sequence * seed) % 7))
        expect(digestOf(shuffled)).toEqual(digestOf(list))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is the sum of what its coverage says, so that origins can be taken out of it exactly', () => {
    fc.assert(
      fc.property(dots, (list) => {
        const seen = new Seen()
        for (const dot of list) seen.add(seen.state(`n${dot.origin}~0000000000000000` as Origin), dot.sequence)
        const rebuilt = new Seen()
        rebuilt.join(seen.coverage(Number.POSITIVE_INFINITY))
        expect(rebuilt.digest.value()).toEqual(seen.digest.value())
        expect(seen.digestWithout(seen.coverage(Number.POSITIVE_INFINITY))).toEqual(new HashSum().value())
      }),
      { numRuns: 2_000 },
    )
  })
})
