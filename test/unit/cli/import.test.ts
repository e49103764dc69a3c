import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { differences, type ImportedChange, inBatches, parseTree } from '#cli/commands/import'

describe('what import writes', () => {
  it('is what is not already so, compared as JSON whatever the order of keys', () => {
    const current = { a: { same: { x: 1, y: 2 }, other: 1 } }
    const wanted = { a: { same: { y: 2, x: 1 }, other: 2 }, b: { fresh: null } }
    expect(differences(wanted, current)).toEqual({
      changes: [
        { section: 'a', parameter: 'other', value: 2, previous: 1 },
        { section: 'b', parameter: 'fresh', value: null },
      ],
      unchanged: 1,
    })
  })

  it('is not confused by names that every object has', () => {
    const wanted = JSON.parse('{"constructor":{"toString":1},"__proto__":{"a":2}}')
    expect(differences(wanted, {}).changes).toEqual([
      { section: 'constructor', parameter: 'toString', value: 1 },
      { section: '__proto__', parameter: 'a', value: 2 },
    ])
  })

  it.each([
    ['not json', /is not JSON/],
    ['[]', /must hold an object/],
    ['null', /must hold an object/],
    ['{"mesh":5}', /section mesh must be an object/],
    ['{"mesh":[1]}', /section mesh must be an object/],
  ])('is nothing for a file of %s', (text, message) => {
    expect(() => parseTree(text, 'x.json')).toThrow(message)
  })
})

describe('batches of an import', () => {
  const change = (valueBytes: number): ImportedChange => ({
    section: 's',
    parameter: 'p',
    value: 'x'.repeat(valueBytes),
  })

  it('hold every change once, in order, within the limits of one atomic change', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 400_000 }), { maxLength: 40 })
    fc.assert(
      fc.property(sizes, (bytes) => {
        const changes = bytes.map(change)
        const batches = inBatches(changes)
        expect(batches.flat()).toEqual(changes)
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0)
          if (batch.length > 1) expect(JSON.stringify(batch).length).toBeLessThan(1_100_000)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('hold at most a thousand parameters', () => {
    expect(inBatches(Array.from({ length: 2_001 }, () => change(1))).map((batch) => batch.length)).toEqual([
      1_000, 1_000, 1,
    ])
  })

  it('let a value at its limit stand alone', () => {
    expect(inBatches([change(10), change(1_048_500), change(10)]).map((batch) => batch.length)).toEqual([1, 1, 1])
  })
})
