import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame } from '#codec/frame'
import { isControl } from '#codec/message'
import { PROTOCOL_EXAMPLES } from './protocol-examples.ts'

const NEVER_COMPRESS = Number.MAX_SAFE_INTEGER
const PACKED = 'packed'

/** Blocks of docs/protocol.md that begin with "```hex NAME": bytes, and comments from # on. */
function dumps(): Map<string, Buffer> {
  const text = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
  const blocks = [...text.matchAll(/^```hex (.+)\n([^`]*)^```$/gm)]
  return new Map(blocks.map(([, name, body]) => [name!, bytesOf(body!)]))
}

function bytesOf(block: string): Buffer {
  const digits = block.replace(/#.*$/gm, '').replace(/\s/g, '')
  expect(digits).toMatch(/^([0-9a-f]{2})+$/)
  return Buffer.from(digits, 'hex')
}

describe('docs/protocol.md', () => {
  it('shows every example, and no other', () => {
    expect([...dumps().keys()].sort()).toEqual([...Object.keys(PROTOCOL_EXAMPLES), PACKED].sort())
  })

  it.each(Object.entries(PROTOCOL_EXAMPLES))(
    'shows the bytes of "%s" as they are written and read',
    (name, messages) => {
      const shown = dumps().get(name)!
      expect(Buffer.from(encodeFrame(messages, NEVER_COMPRESS).bytes).toString('hex')).toBe(shown.toString('hex'))
      expect(decodeFrame(shown)).toEqual({
        outcome: 'decoded',
        messages: messages.filter((message) => !isControl(message)),
        controls: messages.filter(isControl),
        skipped: 0,
      })
    },
  )

  it('shows a compressed frame that is read', () => {
    const one = PROTOCOL_EXAMPLES['one update']![0]!
    if (one.type !== 'updates') throw new Error('the first example is one update')
    const messages = [{ type: 'updates', updates: [{ ...one.updates[0]!, value: 'x'.repeat(100) }] }]
    expect(decodeFrame(dumps().get(PACKED)!)).toMatchObject({ outcome: 'decoded', messages })
  })
})
