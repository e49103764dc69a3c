import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, posix } from 'node:path'
import { at, root, type SourceFile } from './sources.ts'

/** Folders that exist on somebody's machine only. */
const PERSONAL_PATH = /(?<![\w.@/-])\/(?:home|Users|root)\/[\w.-]+/g
const WINDOWS_PATH = /\b[A-Z]:\\{1,2}(?:Users|Documents)\b/g
const UPWARD_PATH = /(?<![\w./])(?:\.\.\/)+[\w@./-]+/g
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----(?:\\n|\s)*[A-Za-z0-9+/=]{40}/g
const SECRET_TOKEN = /\b(?:npm_[A-Za-z0-9]{36}|gh[pousr]_[A-Za-z0-9]{36})\b/g
const REGISTRY = /\bhttps?:\/\/[\w.-]*(?:registry|npm|artifactory|nexus|verdaccio)[\w.-]*(?::\d+)?/g

const PUBLIC_REGISTRIES = new Set(['https://registry.npmjs.org', 'https://www.npmjs.com', 'https://docs.npmjs.com'])

/** Paths that mean nothing, or the wrong thing, in another checkout. */
export function machinePaths(file: SourceFile): string[] {
  const personal = [PERSONAL_PATH, WINDOWS_PATH].flatMap((pattern) => [...file.text.matchAll(pattern)])
  const upward = [...file.text.matchAll(UPWARD_PATH)].filter(([path]) => leadsNowhere(file.path, path))
  const found = [...personal, ...upward].map((match) => [match.index, match[0]] as const)
  const own = ownFolders().flatMap((folder) => offsetsOf(file.text, folder).map((offset) => [offset, folder] as const))
  // A checkout in somebody's home is found by both rules, at one place.
  return [...new Map([...found, ...own])].map(([offset, path]) =>
    at(file, offset, `${path} is nothing that every checkout has`),
  )
}

/** This very checkout and this user's home, when their names are long enough to be no accident. */
const ownFolders = (): string[] => [root, homedir()].filter((folder) => folder.lastIndexOf('/') > 0)

function offsetsOf(text: string, part: string): number[] {
  const offsets: number[] = []
  for (let i = text.indexOf(part); i >= 0; i = text.indexOf(part, i + part.length)) offsets.push(i)
  return offsets
}

/** Out of the repository; or, in prose, to nothing in it. Code may compose a path of which only a part is written out. */
function leadsNowhere(from: string, path: string): boolean {
  const target = posix.join(posix.dirname(from), path.replace(/\.$/, ''))
  return target.startsWith('../') || (from.endsWith('.md') && !existsSync(join(root, target)))
}

export const privateKeys = (file: SourceFile): string[] =>
  [PRIVATE_KEY, SECRET_TOKEN]
    .flatMap((pattern) => [...file.text.matchAll(pattern)])
    .map((match) => at(file, match.index, 'a secret; make it when the test runs'))

export const registryHosts = (file: SourceFile): string[] =>
  [...file.text.matchAll(REGISTRY)]
    .filter(([host]) => !PUBLIC_REGISTRIES.has(host))
    .map((match) => at(file, match.index, `${match[0]} is no public registry`))
