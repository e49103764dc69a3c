import { existsSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../tidy/sources.ts'
import { allBlocks, allPages, type Block, blocksOf, isOutput, MARKS, readPage, where } from './markdown.ts'

const blocks = allBlocks(allPages())

describe('the blocks of the documentation', () => {
  it('have marks that mean something', () => {
    const unknown = blocks.flatMap((block) =>
      block.marks
        .filter((mark) => MARKS[block.language]?.includes(mark) === false)
        .map((mark) => `${where(block)}: ${mark}`),
    )
    expect(unknown).toEqual([])
  })

  it('show output only of what is run', () => {
    const all = new Set(blocks.flatMap(({ output }) => (output === undefined ? [] : [where(output)])))
    expect(blocks.filter((block) => isOutput(block) && !all.has(where(block))).map(where)).toEqual([])
    expect(blocks.filter((block) => block.output !== undefined && !isRun(block)).map(where)).toEqual([])
  })

  it.each(blocks.filter(({ language }) => language === 'json').map((block) => [where(block), block] as const))(
    '%s is JSON',
    (_, block) => {
      expect(() => JSON.parse(block.text)).not.toThrow()
    },
  )

  it('link to files that exist', () => {
    expect(allPages().flatMap(deadLinks)).toEqual([])
  })
})

const isRun = (block: Block): boolean =>
  block.language === 'ts' ? !block.marks.includes('no-run') : block.marks.includes('run')

function deadLinks(page: string): string[] {
  const prose = blocksOf(page, readPage(page)).reduce((text, block) => text.replace(block.text, ''), readPage(page))
  const targets = [...prose.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)].map((match) => match[1] ?? '')
  return targets
    .filter((target) => !existsSync(join(root, posix.join(dirname(page), target))))
    .map((target) => `${page}: ${target}`)
}
