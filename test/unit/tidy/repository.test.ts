import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { machinePaths, privateKeys, registryHosts } from './repository.ts'
import { allTextFiles, listFiles, readSource, root } from './sources.ts'
import { importsOf } from './syntax.ts'

const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const others = allTextFiles().filter(({ path }) => !path.startsWith('test/unit/tidy/'))
const sample = (text: string) => ({ path: 'docs/example.md', text })

describe('what is committed', () => {
  it('names no folder of one machine', () => {
    expect(others.flatMap(machinePaths)).toEqual([])
  })

  it('holds no private key and no token', () => {
    expect(others.flatMap(privateKeys)).toEqual([])
  })

  it('takes packages from the public registry alone', () => {
    expect(others.flatMap(registryHosts)).toEqual([])
    expect(listFiles().filter((path) => posix.basename(path) === '.npmrc')).toEqual([])
  })

  it('is nothing that a build or an install makes', () => {
    expect(listFiles().filter((path) => /(^|\/)(dist|node_modules|coverage|\.tmp)\//.test(path))).toEqual([])
  })
})

describe('package.json', () => {
  const targets = (conditions: unknown): string[] =>
    typeof conditions === 'string' ? [conditions] : Object.values(conditions as object).flatMap(targets)
  const sourceOf = (target: string): string =>
    target.replace(/^\.\/dist\//, './src/').replace(/(\.d)?\.(ts|js)$/, '.ts')

  it('exports only what has a source', () => {
    const sources = Object.values(packageJson.exports)
      .flatMap(targets)
      .map((target) => (target.includes('/dist/') ? sourceOf(target) : target))
    expect([...new Set(sources)].filter((source) => !existsSync(join(root, source)))).toEqual([])
  })

  it('offers built code and types with every export, and no condition that only this repository knows', () => {
    const modules = Object.entries(packageJson.exports).filter(([, target]) => typeof target === 'object')
    for (const [name, target] of modules)
      expect([name, Object.keys(target as object).sort()]).toEqual([name, ['default', 'types']])
  })

  it('publishes files that exist, and runs commands that exist', () => {
    const listed = [
      ...packageJson.files.filter((path: string) => path !== 'dist'),
      ...Object.values<string>(packageJson.bin),
    ]
    expect(listed.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('has scripts whose files exist', () => {
    const files = Object.values<string>(packageJson.scripts).flatMap((script) =>
      [...script.matchAll(/\b(?:bench|scripts|bin)\/[\w/-]+\.(?:ts|mjs|js)\b/g)].map(([file]) => file),
    )
    expect(files.length).toBeGreaterThan(5)
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })

  it('pins every dependency', () => {
    const versions = Object.entries<string>({
      ...packageJson.dependencies,
      ...packageJson.devDependencies,
      ...packageJson.optionalDependencies,
    })
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })
})

describe('importing configsync alone', () => {
  const NEEDED = ['@standard-schema/spec']
  const BEHIND_A_SUBPATH = /^src\/(mesh\/(tls|libp2p|nats)|store\/sqlite|tuner|agent|cli|contract|sim)(\/|\.ts$)/

  it('loads neither the rooms behind a subpath nor their packages', () => {
    const { files, packages } = closureOf('src/index.ts')
    expect(files.filter((path) => BEHIND_A_SUBPATH.test(path))).toEqual([])
    expect([...packages].filter((name) => !NEEDED.includes(name))).toEqual([])
  })

  it('is followed through every static import', () => {
    const { files } = closureOf('src/index.ts')
    expect(files).toContain('src/core/errors.ts')
    expect(files.length).toBeGreaterThan(10)
  })
})

/** Files of src and packages that are loaded with `entry`; types are erased and load nothing. */
function closureOf(entry: string): { readonly files: string[]; readonly packages: ReadonlySet<string> } {
  const files: string[] = []
  const packages = new Set<string>()
  const waiting = [entry]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.includes(path)) continue
    files.push(path)
    for (const { specifier, typeOnly } of importsOf(readSource(path))) {
      const target = localTarget(path, specifier)
      if (typeOnly || specifier.startsWith('node:')) continue
      if (target === undefined) packages.add(packageOf(specifier))
      else waiting.push(target)
    }
  }
  return { files, packages }
}

function localTarget(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier)
  return specifier.startsWith('#') ? `src/${specifier.slice(1)}.ts` : undefined
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

describe('the rules themselves', () => {
  it.each([
    'see /home/alice/configsync',
    'in "/root/project"',
    'C:\\Users\\alice',
    `at ${root}/src`,
    'read ../../elsewhere/notes.md',
    '`../sibling`',
  ])('%s is found', (text) => {
    expect(machinePaths(sample(text))).toHaveLength(1)
  })

  it.each([
    'GET /v1/config/root/x',
    'https://example.org/home/page',
    'see ../LICENSE',
    'in ./data',
    'tmp/x',
    'the ... rest',
  ])('%s is not', (text) => {
    expect(machinePaths(sample(text))).toEqual([])
  })

  it('a key is found, its mere header is not', () => {
    const header = '-----BEGIN PRIVATE KEY-----'
    expect(privateKeys(sample(`${header}\n${'A'.repeat(64)}`))).toHaveLength(1)
    expect(privateKeys(sample(header))).toEqual([])
  })

  it('a private registry is found, the public one is not', () => {
    expect(registryHosts(sample('http://npm.example.org:4873/pino'))).toHaveLength(1)
    expect(registryHosts(sample('https://registry.npmjs.org/pino'))).toEqual([])
  })
})
