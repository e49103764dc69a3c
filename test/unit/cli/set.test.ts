import { describe, expect, it } from 'vitest'
import { changeFromFile, parseChanges } from '#cli/commands/set'

describe('the arguments of set', () => {
  it('are a name and a value', () => {
    expect(parseChanges(['mesh.batch_size_limit', '15'])).toEqual([
      { section: 'mesh', parameter: 'batch_size_limit', value: 15 },
    ])
  })

  it('may have a value that looks like a pair', () => {
    expect(parseChanges(['db.url', 'a=b'])).toEqual([{ section: 'db', parameter: 'url', value: 'a=b' }])
  })

  it('or are pairs, split at the first equals sign', () => {
    expect(parseChanges(['a.b=1', 'c.d=x=y', 'e.f='])).toEqual([
      { section: 'a', parameter: 'b', value: 1 },
      { section: 'c', parameter: 'd', value: 'x=y' },
      { section: 'e', parameter: 'f', value: '' },
    ])
  })

  it.each([[['a.b']], [['a.b', '1', '2']], [['a.b=1', 'c.d', '2']], [['a=1']], [['ab', '1']]])(
    'refuse %j as wrong usage',
    (words) => {
      expect(() => parseChanges(words)).toThrow(expect.objectContaining({ exitCode: 2 }))
    },
  )

  it('take no empty file for a value, as of a pipe whose program failed, but as a string', async () => {
    await expect(changeFromFile(['a.b'], '/dev/null')).rejects.toThrow(/FILE_UNREADABLE: \/dev\/null is empty/)
    expect(await changeFromFile(['a.b'], '/dev/null', true)).toEqual({ section: 'a', parameter: 'b', value: '' })
  })

  it('name one parameter and no value with --file', async () => {
    await expect(changeFromFile(['a.b', '1'], 'x.json')).rejects.toThrow(expect.objectContaining({ exitCode: 2 }))
    await expect(changeFromFile(['a.b'], '/nonexistent/x.json')).rejects.toThrow(/FILE_UNREADABLE/)
  })
})
