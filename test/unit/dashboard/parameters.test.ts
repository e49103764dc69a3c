import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changeOf, Drafts } from '#dashboard/model/drafts'
import { Parameters, TUNER_MEMORY_SECTION } from '#dashboard/model/parameters'
import { kindOf, textOf, valueIn } from '#dashboard/model/value-text'
import { TUNER_STATE_SECTION } from '#node/declarations'
import { parameter, update } from './samples.ts'

describe('the list of parameters', () => {
  const list = () => {
    const parameters = new Parameters()
    parameters.replace([
      parameter('pool.size', 12, { update: update('node-2', 1, { reason: 'More load at Noon' }) }),
      parameter('db.url', 'postgres://a'),
      parameter('pool.old', null, { deleted: true }),
    ])
    return parameters
  }
  const names = (found: { section: string; parameter: string }[]) =>
    found.map(({ section, parameter: name }) => `${section}.${name}`)

  it('is in the order of names, whatever order things came in', () => {
    const parameters = list()
    parameters.take(parameter('cache.ttl', 5))
    expect(names(parameters.matching('', true))).toEqual(['cache.ttl', 'db.url', 'pool.old', 'pool.size'])
    expect(names(parameters.matching('', false))).toEqual(['cache.ttl', 'db.url', 'pool.size'])
  })

  it.each([
    ['pool', ['pool.size']],
    ['noon pool', ['pool.size']],
    ['NODE-2', ['pool.size']],
    ['postgres', ['db.url']],
    ['12', ['pool.size']],
    ['noon db', []],
  ])('finds %j by name, value, writer and reason', (query, expected) => {
    expect(names(list().matching(query, false))).toEqual(expected)
  })

  it('leaves the memory of the tuner out, unless it is named', () => {
    expect(TUNER_MEMORY_SECTION).toBe(TUNER_STATE_SECTION)
    const parameters = list()
    parameters.take(parameter(`${TUNER_MEMORY_SECTION}.pool`, { pauseLeft: 1 }))
    expect(names(parameters.matching('pool', false))).toEqual(['pool.size'])
    expect(names(parameters.matching('', true))).not.toContain('auto_tuner_state.pool')
    expect(names(parameters.matching('auto_tuner_state', false))).toEqual(['auto_tuner_state.pool'])
  })

  it('finds by what a value has become', () => {
    const parameters = list()
    expect(names(parameters.matching('postgres', false))).toEqual(['db.url'])
    parameters.take(parameter('db.url', 'mysql://b'))
    expect(names(parameters.matching('postgres', false))).toEqual([])
    expect(names(parameters.matching('mysql', false))).toEqual(['db.url'])
  })

  it('tells those who look once, however much changes in one go', async () => {
    const parameters = list()
    await Promise.resolve()
    let told = 0
    const stop = parameters.subscribe(() => told++)
    const { version } = parameters
    for (let i = 0; i < 100; i++) parameters.take(parameter('pool.size', i))
    expect(parameters.version).toBe(version + 100)
    await Promise.resolve()
    expect(told).toBe(1)
    stop()
    parameters.take(parameter('pool.size', 1))
    await Promise.resolve()
    expect(told).toBe(1)
  })
})

describe('a value as text', () => {
  it('is read back as the same value, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(valueIn(textOf(value as never))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it.each([
    ['15', 15, 'a number'],
    ['"15"', '15', 'a string'],
    ['abc', 'abc', 'a string'],
    ['', '', 'a string'],
    ['true', true, 'a boolean'],
    ['null', null, 'null'],
    ['[1, 2]', [1, 2], 'a list of 2'],
    ['{"a":1}', { a: 1 }, 'an object'],
    ['{"a":', '{"a":', 'a string'],
  ])('%j is taken for %j, and said to be %s', (text, value, kind) => {
    expect(valueIn(text)).toEqual(value)
    expect(kindOf(text)).toBe(kind)
  })
})

describe('changes that wait to be published together', () => {
  const draft = { section: 'pool', parameter: 'size', text: '8', priority: '', reason: '' }

  it('say only what somebody said', () => {
    expect(changeOf(draft)).toEqual({ section: 'pool', parameter: 'size', value: 8 })
    expect(changeOf({ ...draft, text: undefined, priority: '2', reason: ' cleanup ' })).toEqual({
      section: 'pool',
      parameter: 'size',
      deleted: true,
      priority: 2,
      reason: 'cleanup',
    })
  })

  it('are one for each parameter, and show what is refused at the one that it is about', () => {
    const drafts = new Drafts()
    drafts.put(draft)
    drafts.put({ ...draft, text: '9' })
    drafts.put({ ...draft, parameter: 'size.max' })
    expect(drafts.list.map(({ parameter: name, text }) => [name, text])).toEqual([
      ['size', '9'],
      ['size.max', '8'],
    ])
    drafts.refuse('pool.size.max: must be <= 5')
    expect(drafts.error).toEqual({ name: 'pool.size.max', text: 'pool.size.max: must be <= 5' })
    drafts.refuse('this agent is shutting down')
    expect(drafts.error?.name).toBeUndefined()
  })
})
