import { describe, expect, it } from 'vitest'
import type { NodeId } from '#core/identity'
import { MEMBERS_MAX } from '#core/limits'
import { formatAddress, isLoopback, parseAddress } from '#mesh/tls/address'
import { AddressBook } from '#mesh/tls/address-book'

const MINUTE_MS = 60_000
const a = 'a' as NodeId

describe('AddressBook', () => {
  it('takes an address once, in whatever form, and never one that is none', () => {
    const book = new AddressBook(false, MINUTE_MS)
    expect(book.learn('[::1]:80', 0)?.host).toBe('::1')
    for (const text of ['[::1]:80', '', 'x', 'x:0', 'x:70000', 'a b:1', '[zz]:1'])
      expect(book.learn(text, 0)).toBeUndefined()
  })

  it('takes loopback addresses only, where there are no certificates', () => {
    const book = new AddressBook(true, MINUTE_MS)
    expect(book.learn('10.0.0.1:80', 0)).toBeUndefined()
    expect(book.learn('127.0.0.2:80', 0)).toBeDefined()
  })

  it('forgets a learned address that led nowhere for long, and never a joined one', () => {
    const book = new AddressBook(false, 10 * MINUTE_MS)
    const joined = book.learn('joined:1', 0, true)!
    const dead = book.learn('dead:1', 0)!
    const once = book.learn('once:1', 0)!
    book.identify('once:1', a, 5 * MINUTE_MS)
    expect(book.forgetIfUseless(dead, 9 * MINUTE_MS)).toBe(false)
    expect([joined, dead, once].map((entry) => book.forgetIfUseless(entry, 11 * MINUTE_MS))).toEqual([
      false,
      true,
      false,
    ])
    expect(book.forgetIfUseless(once, 15 * MINUTE_MS)).toBe(true)
    expect(book.learn('dead:1', 0)).toBeDefined()
  })

  it('passes on only what led to a peer, so that a dead address does not go round for ever', () => {
    const book = new AddressBook(false, MINUTE_MS)
    for (const text of ['good:1', 'dead:1', 'refused:1', 'self:1']) book.learn(text, 0)
    book.identify('good:1', a, 1)
    book.identify('refused:1', a, undefined)
    book.identify('self:1', a, 1)
    book.markSelf('self:1', 1)
    expect(book.proven()).toEqual(['good:1'])
  })

  it('is bounded', () => {
    const book = new AddressBook(false, MINUTE_MS)
    for (let i = 0; i < MEMBERS_MAX; i++) expect(book.learn(`host-${i}:1`, 0)).toBeDefined()
    expect(book.learn('one-more:1', 0)).toBeUndefined()
  })
})

describe('addresses', () => {
  it('are printed as they are read', () => {
    for (const text of ['127.0.0.1:80', '[::1]:80', 'edge.example:65535'])
      expect(formatAddress(parseAddress(text)!)).toBe(text)
  })

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['LocalHost', true],
    ['0.0.0.0', false],
    ['127.example', false],
    ['localhost.example', false],
    ['10.0.0.1', false],
  ])('%s on loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })
})
