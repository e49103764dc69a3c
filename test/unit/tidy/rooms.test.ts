import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allowedImports, BUNDLED, isRoom, roomOf, rooms, roomsTable } from './rooms.ts'
import { at, codeFilesOf, root, type SourceFile } from './sources.ts'
import { importsOf } from './syntax.ts'

const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Imports that cross the walls of the rooms the wrong way, or by a path where the alias belongs. */
function trespasses(file: SourceFile): string[] {
  return importsOf(file).flatMap(({ specifier, offset }) => {
    const wrong = specifier.startsWith('.') ? relativeFault(file.path, specifier) : aliasFault(file.path, specifier)
    return wrong === undefined ? [] : [at(file, offset, `${specifier}: ${wrong}`)]
  })
}

function relativeFault(path: string, specifier: string): string | undefined {
  const target = posix.join(dirname(path), specifier)
  if (!/\.(tsx?|json)$/.test(specifier)) return 'a relative import ends in .ts'
  if (roomOf(path) === 'index') return directionFault('index', roomOf(target))
  return roomOf(target) === roomOf(path) ? undefined : 'another room is imported by its alias, #room/file'
}

function aliasFault(path: string, specifier: string): string | undefined {
  if (specifier === 'configsync' || specifier.startsWith('configsync/'))
    return 'the package does not import itself by name'
  const room = /^#([^/]+)\//.exec(specifier)?.[1]
  return room === undefined ? undefined : directionFault(roomOf(path), room)
}

function directionFault(from: string, to: string): string | undefined {
  if (!isRoom(from)) return `${from} is not in the table of rooms`
  if (from === to || allowedImports(from).includes(to)) return undefined
  return `${from} may import ${allowedImports(from).join(', ') || 'nothing'}, not ${to}`
}

describe('the rooms of src', () => {
  it.each(codeFilesOf('src').map((file) => [file.path, file] as const))('%s keeps the direction', (_, file) => {
    expect(trespasses(file)).toEqual([])
  })

  it('are all in the table', () => {
    const found = new Set(codeFilesOf('src').map((file) => roomOf(file.path)))
    expect([...found].filter((room) => !isRoom(room))).toEqual([])
  })

  it('have an alias each in package.json', () => {
    const aliases = Object.keys(packageJson.imports).map((alias) => alias.slice(1, -2))
    expect(aliases.sort()).toEqual(rooms.filter((room) => room !== 'index').sort())
  })

  it('stand in ARCHITECTURE.md as they are enforced', () => {
    const text = existsSync(join(root, 'ARCHITECTURE.md')) ? readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8') : ''
    const printed = /<!-- rooms -->\n([\s\S]*?)\n<!-- \/rooms -->/.exec(text)?.[1]?.trim()
    expect(printed).toBe(roomsTable())
  })

  it('of other rooms the dashboard takes types alone, and what is written to run in a browser too', () => {
    const taken = codeFilesOf('src/dashboard').flatMap((file) =>
      importsOf(file)
        .filter(({ specifier, typeOnly }) => !typeOnly && specifier.startsWith('#') && !BUNDLED.includes(specifier))
        .map(({ specifier, offset }) => at(file, offset, `${specifier} would be bundled into the page`)),
    )
    expect(taken).toEqual([])
    expect(codeFilesOf('src/dashboard').length).toBeGreaterThan(10)
  })

  it('form no cycle', () => {
    const order = [...rooms]
    for (const room of rooms) {
      for (const below of allowedImports(room))
        expect(order.indexOf(below as (typeof rooms)[number])).toBeLessThan(order.indexOf(room))
    }
  })
})

describe('the rule itself', () => {
  const inMesh = (text: string): string[] => trespasses({ path: 'src/mesh/tls/example.ts', text })

  it.each([
    "import type { Manager } from '#node/manager'",
    "import { update } from '../../core/update.ts'",
    "import { frame } from './framing'",
    "import { ConfigSyncManager } from 'configsync'",
    "export * from '#store/store'",
    "const cli = await import('#cli/main')",
  ])('refuses %s in the mesh', (text) => {
    expect(inMesh(text)).toHaveLength(1)
  })

  it.each([
    "import type { Update } from '#core/update'",
    "import { encodeFrame } from '#codec/frame'",
    "import { memory } from '../memory.ts'",
    "import { memory } from '#mesh/memory'",
    "import { connect } from 'node:tls'",
  ])('accepts %s in the mesh', (text) => {
    expect(inMesh(text)).toEqual([])
  })
})
