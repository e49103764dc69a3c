import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../tidy/sources.ts'

const page = readFileSync(join(root, 'docs/security.md'), 'utf8')
const citations = [...page.matchAll(/`(test\/[^`]+)` "([^"]+)"/g)].map(([, file, title]) => [file!, title!] as const)

/** The rows below the heads of the tables whose second column is a test. */
const claims = page
  .split('\n## ')
  .filter((section) => section.includes('| claim | test |'))
  .flatMap((section) => section.split('\n').filter((line) => /^\| (?!claim|---)/.test(line)))

describe('docs/security.md', () => {
  it('has a test for each claim', () => {
    expect(claims.length).toBeGreaterThan(25)
    for (const claim of claims) expect(claim).toMatch(/`test\/[^`]+` "[^"]+"/)
  })

  it.each(citations)('%s "%s" is there', (file, title) => {
    expect(existsSync(join(root, file))).toBe(true)
    expect(readFileSync(join(root, file), 'utf8')).toContain(title)
  })
})
