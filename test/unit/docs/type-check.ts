import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../tidy/sources.ts'
import { type Block, where } from './markdown.ts'
import { moduleName, moduleText, type Program } from './programs.ts'

const tsc = join(dirname(fileURLToPath(import.meta.resolve('typescript/package.json'))), 'bin', 'tsc')

/** A folder inside the repository, where `configsync` means this package; git, biome and tsc pass it over. */
export function snippetFolder(): { readonly path: string; remove(): void } {
  mkdirSync(join(root, '.tmp'), { recursive: true })
  const path = mkdtempSync(join(root, '.tmp', 'snippets-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** The compiler's complaints about programs, each with the page and line that it is about. */
export function typeErrors(
  programs: readonly Program[],
  folder: string,
  paths: Readonly<Record<string, string>>,
): string[] {
  if (programs.length === 0) return []
  const compilerOptions = { noEmit: true, paths: relativeTo(paths) }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] }),
  )
  for (const program of programs) writeFileSync(join(folder, moduleName(program)), moduleText(program.blocks))
  const { status, stdout, error } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (error) throw error
  return status === 0 ? [] : inPages(stdout, programs)
}

const relativeTo = (paths: Readonly<Record<string, string>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, [`../../${path}`]]))

/** tsc names the module, whose lines are the page's. */
function inPages(output: string, programs: readonly Program[]): string[] {
  const pages = new Map(programs.map((program) => [moduleName(program), program.blocks[0]?.file]))
  return output
    .trimEnd()
    .split('\n')
    .map((line) => {
      return line.replace(/^.*?([^/\\]+\.ts)\((\d+),\d+\)/, (place, module: string, n: string) => {
        return pages.has(module) ? `${pages.get(module)}:${n}` : place
      })
    })
}

/** `configsync` and its subpaths, as package.json exports them, with the source of each. */
export function packagePaths(exports: Readonly<Record<string, unknown>>): Record<string, string> {
  const paths: Record<string, string> = {}
  for (const [name, target] of Object.entries(exports)) {
    const built = (target as { readonly default?: string }).default
    if (built !== undefined)
      paths[`configsync${name.slice(1)}`] = built.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
  }
  return paths
}

const PACKAGES = /^(configsync(\/.*)?|node:.*|zod|valibot|arktype)$/

/** A reader of the page has the published package, and nothing of its inside. */
export function foreignImports(block: Block): string[] {
  const specifiers = [...block.text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
  return specifiers
    .filter((name) => !PACKAGES.test(name))
    .map((name) => `${where(block)}: a reader cannot import ${name}`)
}
