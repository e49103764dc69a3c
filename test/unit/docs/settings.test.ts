import { describe, expect, it } from 'vitest'
import { PRESETS, SETTINGS, type Settings } from '#node/settings'
import { validateWith } from '#node/validation'
import { readPage } from './markdown.ts'

type Name = keyof Settings
const names = Object.keys(SETTINGS) as Name[]
const nameOf = (key: Name): string => `\`${SETTINGS[key].section}.${SETTINGS[key].parameter}\``

/** The cells of the table between two comments of docs/library.md, without its two head lines. */
function tableOf(mark: string): string[][] {
  const [, text = ''] =
    new RegExp(`<!-- ${mark} -->\n([^]*?)\n<!-- /${mark} -->`).exec(readPage('docs/library.md')) ?? []
  const rows = text.split('\n').slice(2)
  return rows.map((row) => row.split(' | ').map((cell) => cell.replace(/^\| |\s*\|$/g, '')))
}

describe('the table of settings in docs/library.md', () => {
  const rows = new Map(tableOf('settings').map((cells) => [cells[0], cells]))

  it('has every setting, in order', () => {
    expect([...rows.keys()]).toEqual(names.map(nameOf))
  })

  it.each(names)('says what %s is', (key) => {
    const [, preset, bounds, what] = rows.get(nameOf(key)) ?? []
    const { schema, description } = SETTINGS[key]
    expect([preset, what]).toEqual([String(SETTINGS[key].default), description])
    const accepts = (value: number | boolean): boolean => validateWith(schema, value).ok
    if (bounds === 'true, false') expect([true, false, 0].map(accepts)).toEqual([true, true, false])
    else {
      const [min = Number.NaN, max = Number.NaN] = (bounds ?? '').split(' to ').map(Number)
      expect([min, max, min - 0.001, max + 0.001, min - 1, max + 1].map(accepts)).toEqual([
        true,
        true,
        false,
        false,
        false,
        false,
      ])
    }
  })

  it('says in what the presets differ', () => {
    const different = names.filter(
      (key) => PRESETS.wan[key] !== PRESETS.lan[key] || PRESETS.test[key] !== PRESETS.lan[key],
    )
    const values = (key: Name): string[] =>
      [PRESETS.lan, PRESETS.wan, PRESETS.test].map((preset) => String(preset[key]))
    expect(tableOf('presets')).toEqual(different.map((key) => [nameOf(key), ...values(key)]))
  })
})
