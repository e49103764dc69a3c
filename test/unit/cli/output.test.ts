import { stripVTControlCharacters } from 'node:util'
import pico from 'picocolors'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { duration, printable, shortValue, table, wantsColors } from '#cli/output'

afterEach(() => vi.unstubAllEnvs())

describe('colours', () => {
  it('are for terminals only, never with --json and never with NO_COLOR', () => {
    vi.stubEnv('NO_COLOR', undefined)
    vi.stubEnv('TERM', 'xterm')
    expect(wantsColors({ isTTY: true }, false)).toBe(true)
    expect(wantsColors({}, false)).toBe(false)
    expect(wantsColors({ isTTY: true }, true)).toBe(false)
    vi.stubEnv('NO_COLOR', '1')
    expect(wantsColors({ isTTY: true }, false)).toBe(false)
  })
})

describe('text of others', () => {
  it('cannot steer the terminal', () => {
    expect(printable('a\u001b[2Jb\u0007\u009b1m\u007f')).toBe('a\\u001b[2Jb\\u0007\\u009b1m\\u007f')
    expect(printable('Grüße, 配置 ✔')).toBe('Grüße, 配置 ✔')
  })

  it('is cut', () => {
    expect(shortValue('x'.repeat(100), 10)).toBe('"xxxxxxxx…')
    expect(shortValue(undefined)).toBe('(none)')
  })
})

describe('a table', () => {
  it('aligns its columns whatever their colours, without trailing blanks', () => {
    const colors = pico.createColors(true)
    const text = table(
      colors,
      ['node', 'state'],
      [
        ['a', colors.green('live')],
        ['node-10', 'gone'],
      ],
    )
    expect(stripVTControlCharacters(text).split('\n')).toEqual(['node     state', 'a        live', 'node-10  gone'])
  })
})

describe('durations', () => {
  it.each([
    [0.43, '0.4 ms'],
    [850, '850 ms'],
    [2_340, '2.3 s'],
    [42_000, '42 s'],
    [240_000, '4 min'],
    [11_520_000, '3.2 h'],
    [440_640_000, '5.1 d'],
  ])('%d ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })
})
