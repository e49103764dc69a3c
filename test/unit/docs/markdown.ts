import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../tidy/sources.ts'

/** A fenced block: ```` ```language mark mark ````. */
export interface Block {
  /** path from the root of the repository */
  readonly file: string
  /** line of the block's first line of text, from 1 */
  readonly line: number
  readonly language: Language
  readonly marks: readonly string[]
  readonly text: string
  /** the text of the `output` block that follows, when one does */
  readonly output: Block | undefined
}

export type Language = 'ts' | 'sh' | 'json' | 'http' | 'text' | 'other'

/**
 * What may stand after the language, which GitHub does not show:
 * ts: `no-run` (type-checked only), `continues` (goes on with the block before it).
 * sh, http: `run` (executed against real agents).
 * text, json, http: `output` (what the block before it prints, `…` for what varies).
 * Blocks of another language are not looked at, and may be named freely.
 */
export const MARKS: Readonly<Partial<Record<Language, readonly string[]>>> = {
  ts: ['no-run', 'continues'],
  sh: ['run'],
  http: ['run', 'output'],
  json: ['output'],
  text: ['output'],
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  ts: 'ts',
  typescript: 'ts',
  sh: 'sh',
  bash: 'sh',
  shell: 'sh',
  console: 'sh',
  json: 'json',
  http: 'http',
  text: 'text',
}

const READER_PAGES = ['README.md', 'README.zh-CN.md', 'ALGORITHM.md']
const OTHER_PAGES = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']

/** Pages that users read; the others are for those who change ConfigSync. */
export const readerPages = (): readonly string[] => [...READER_PAGES, ...pagesOfDocs()].filter(isThere)
export const allPages = (): readonly string[] => [...readerPages(), ...OTHER_PAGES.filter(isThere)]

export const readPage = (file: string): string => readFileSync(join(root, file), 'utf8')

const isThere = (file: string): boolean => existsSync(join(root, file))

function pagesOfDocs(): string[] {
  if (!isThere('docs')) return []
  const names = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .sort()
}

const FENCE = /^(?<indent>[ >]*)(?<fence>`{3,}|~{3,})(?<info>[^`]*)$/

/** The fenced blocks of a page in order; `output` blocks stand with the block that they belong to, and for themselves. */
export function blocksOf(file: string, page: string): Block[] {
  const blocks: Block[] = []
  const lines = page.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const { indent, fence, info } = FENCE.exec(lines[i] ?? '')?.groups ?? {}
    if (indent === undefined || fence === undefined || info === undefined) continue
    const end = closingLine(lines, i + 1, fence)
    const text = lines.slice(i + 1, end).map((line) => withoutIndent(line, indent))
    blocks.push(blockOf(file, i + 2, info, `${text.join('\n')}\n`))
    i = end
  }
  return blocks.map((block, i) => ({ ...block, output: outputAfter(blocks, i) }))
}

function closingLine(lines: readonly string[], from: number, fence: string): number {
  const found = lines.findIndex((line, i) => i >= from && line.replace(/^[ >]+/, '').trimEnd() === fence)
  return found < 0 ? lines.length : found
}

const withoutIndent = (line: string, indent: string): string =>
  line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()

function blockOf(file: string, line: number, info: string, text: string): Block {
  const [name = '', ...marks] = info.trim().split(/\s+/)
  return { file, line, language: LANGUAGES[name] ?? 'other', marks, text, output: undefined }
}

function outputAfter(blocks: readonly Block[], i: number): Block | undefined {
  const next = blocks[i + 1]
  return next !== undefined && isOutput(next) && !isOutput(blocks[i] as Block) ? next : undefined
}

export const isOutput = (block: Block): boolean => block.marks.includes('output')
export const where = (block: Block): string => `${block.file}:${block.line}`
export const allBlocks = (pages: readonly string[]): Block[] => pages.flatMap((file) => blocksOf(file, readPage(file)))
