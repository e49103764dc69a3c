import { execFileSync } from 'node:child_process'
import { lstatSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

/** A file of the repository: its path from the root with forward slashes, and its text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

const BINARY = /\.(png|jpe?g|gif|ico|woff2?|zst|gz|sqlite)$/
const CODE = /\.(tsx?|mts|mjs|js)$/

/** Paths of everything that git tracks or would track; what .gitignore names is no part of the repository. */
export function listFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const paths = new Set(listed.split('\0').filter((path) => path !== ''))
  return [...paths].filter(isFile).sort()
}

/** Not what was just deleted, and no link, which is a file of elsewhere. */
const isFile = (path: string): boolean => lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile() ?? false

export const readSource = (path: string): SourceFile => ({ path, text: readFileSync(join(root, path), 'utf8') })

let textFiles: readonly SourceFile[] | undefined

/** Every text file, read once. */
export function allTextFiles(): readonly SourceFile[] {
  textFiles ??= listFiles()
    .filter((path) => !BINARY.test(path))
    .map(readSource)
  return textFiles
}

export const codeFiles = (): readonly SourceFile[] => allTextFiles().filter((file) => CODE.test(file.path))
export const codeFilesOf = (folder: string): readonly SourceFile[] =>
  codeFiles().filter((file) => file.path.startsWith(`${folder}/`))

/** `path:line: what`, as an editor opens it. */
export const at = (file: SourceFile, offset: number, what: string): string =>
  `${file.path}:${file.text.slice(0, offset).split('\n').length}: ${what}`

export const fromRoot = (path: string): string => relative(root, path).replaceAll('\\', '/')
