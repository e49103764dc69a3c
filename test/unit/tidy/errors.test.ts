import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '#core/errors'
import { errorsPage } from '../../../scripts/docs-errors.ts'
import { codeFilesOf, root } from './sources.ts'
import { parse, walk } from './syntax.ts'

const codes = Object.keys(ERROR_CODES).sort()
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')

describe('error codes', () => {
  it('stand in docs/errors.md, each with its status and hint, and nothing else does', () => {
    expect(page, 'run npm run docs:errors').toBe(errorsPage())
    expect([...page.matchAll(/^\|.*?`([A-Z_]+)`/gm)].map((match) => match[1]).sort()).toEqual(codes)
  })

  it.each(Object.entries(ERROR_CODES))('%s says what to do, with a status of HTTP or none', (_, { http, hint }) => {
    expect(hint).toMatch(/^[A-Z].*\.$/)
    expect(http === undefined || (http >= 400 && http <= 599)).toBe(true)
    expect(page).toContain(hint)
  })

  it('are all used', () => {
    const used = new Set<string>()
    for (const file of codeFilesOf('src')) {
      walk(parse(file), (node) => {
        if (node.type === 'Literal' && typeof node['value'] === 'string') used.add(node['value'])
      })
    }
    expect(codes.filter((code) => !used.has(code))).toEqual([])
  })
})
