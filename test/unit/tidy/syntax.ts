import { parseSync } from 'vite'
import type { SourceFile } from './sources.ts'

/** A node of the ESTree that vite's parser makes of TypeScript; only what the rules look at is typed. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

export interface Import {
  readonly specifier: string
  readonly offset: number
  /** erased when the file runs: `import type`, `export type`, `typeof import()` */
  readonly typeOnly: boolean
}

export const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string'

const parsed = new WeakMap<SourceFile, SyntaxNode>()

/** @throws when the file is not TypeScript that parses */
export function parse(file: SourceFile): SyntaxNode {
  const known = parsed.get(file)
  if (known) return known
  const { program, errors } = parseSync(file.path, file.text)
  if (errors.length > 0) throw new Error(`${file.path}: ${errors[0]?.message}`)
  const tree = program as unknown as SyntaxNode
  parsed.set(file, tree)
  return tree
}

/** Depth first; `ancestors` from the root down to the parent. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, ancestors: readonly SyntaxNode[]) => void,
  ancestors: readonly SyntaxNode[] = [],
): void {
  visit(node, ancestors)
  const below = [...ancestors, node]
  for (const child of childrenOf(node)) walk(child, visit, below)
}

const childrenOf = (node: SyntaxNode): SyntaxNode[] =>
  Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isNode)

/** The text of a name or string, '' for anything else. */
export function nameOf(node: unknown): string {
  if (!isNode(node)) return ''
  if (node.type === 'Identifier') return String(node['name'])
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value']
  return ''
}

/** `Date.now` for a member expression of names, `setTimeout` for a plain name, '' for anything else. */
export function dottedName(node: unknown): string {
  if (!isNode(node)) return ''
  if (node.type !== 'MemberExpression') return node.type === 'Identifier' ? nameOf(node) : ''
  const object = dottedName(node['object'])
  const property = nameOf(node['property'])
  return object === '' || property === '' ? '' : `${object}.${property}`
}

const DECLARES_IMPORT = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
])

/** Every import, re-export, `import()` and `typeof import()` whose specifier is written out. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = []
  walk(parse(file), (node) => {
    const specifier = DECLARES_IMPORT.has(node.type) ? nameOf(node['source']) : ''
    if (specifier === '') return
    const typeOnly = node.type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type'
    found.push({ specifier, offset: node.start, typeOnly })
  })
  return found
}

export const isFunction = (node: SyntaxNode): boolean =>
  node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
