import { describe, expect, it } from 'vitest'
import { nameText, parseParameterName, parseSelection, parseValue } from '#cli/parameter-name'

describe('names on the command line', () => {
  it('are split at the first dot, because a parameter may have dots and a section has none', () => {
    expect(parseParameterName('mesh.a.b')).toEqual({ section: 'mesh', parameter: 'a.b' })
    expect(nameText(parseParameterName('mesh.a.b'))).toBe('mesh.a.b')
  })

  it('select everything, a section, or a parameter', () => {
    expect(parseSelection(undefined)).toEqual({})
    expect(parseSelection('mesh')).toEqual({ section: 'mesh' })
    expect(parseSelection('mesh.a')).toEqual({ section: 'mesh', parameter: 'a' })
  })

  it.each(['', 'mesh.', '.a', '.'])('refuse %j as wrong usage', (text) => {
    expect(() => parseSelection(text)).toThrow(expect.objectContaining({ exitCode: 2 }))
  })

  it('without a dot are no parameter', () => {
    expect(() => parseParameterName('mesh')).toThrow(/no section\.parameter/)
  })
})

describe('values on the command line', () => {
  it.each([
    ['15', 15],
    ['-0.5', -0.5],
    ['true', true],
    ['null', null],
    ['"15"', '15'],
    ['{"a":[1]}', { a: [1] }],
    ['debug', 'debug'],
    ['1.2.3', '1.2.3'],
    ['', ''],
    ['{broken', '{broken'],
  ])('%s is %j', (text, value) => {
    expect(parseValue(text, false)).toEqual(value)
  })

  it('are strings whatever they look like with --string', () => {
    expect(parseValue('15', true)).toBe('15')
  })
})
