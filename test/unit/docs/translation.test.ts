import { expect, it } from 'vitest'
import { type Block, blocksOf, readPage } from './markdown.ts'

const [ENGLISH, CHINESE] = ['README.md', 'README.zh-CN.md'] as const

const snippets = (page: string) =>
  blocksOf(page, readPage(page)).map(({ language, marks, text }: Block) => ({ language, marks, text }))

/** Where a page links to, without the other language. */
function targets(page: string): string[] {
  const found = [...readPage(page).matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target)
  return [...new Set(found)].filter((target) => target !== ENGLISH && target !== CHINESE).sort()
}

it('the Chinese README has the snippets and the links of the English one', () => {
  expect(snippets(CHINESE)).toEqual(snippets(ENGLISH))
  expect(targets(CHINESE)).toEqual(targets(ENGLISH))
})

it('each links to the other at its top', () => {
  expect(readPage(ENGLISH).split('\n')[2]).toContain(`](${CHINESE})`)
  expect(readPage(CHINESE).split('\n')[2]).toContain(`](${ENGLISH})`)
})

it('names the two commands literally', () => {
  expect(readPage(ENGLISH)).toContain('npm ci && npm start')
  expect(readPage(ENGLISH)).toContain('npm ci && npm test')
})
