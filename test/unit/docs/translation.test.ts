import { expect, it } from 'vitest'
import { type Block, blocksOf, readPage } from './markdown.ts'

const snippets = (page: string) =>
  blocksOf(page, readPage(page)).map(({ language, marks, text }: Block) => ({ language, marks, text }))

const targets = (page: string): Set<string | undefined> =>
  new Set([...readPage(page).matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target))

it('the Chinese README has the snippets of the English one, and its links', () => {
  expect(snippets('README.zh-CN.md')).toEqual(snippets('README.md'))
  const [chinese, english] = [targets('README.zh-CN.md'), targets('README.md')]
  expect([...chinese.symmetricDifference(english)].sort()).toEqual(['README.md', 'README.zh-CN.md'])
})
