import { describe, expect, it } from 'vitest'
import { impuritiesOf } from './pure-core.ts'
import { codeFilesOf } from './sources.ts'

const inCore = (text: string): string[] => impuritiesOf({ path: 'src/core/example.ts', text })

describe('src/core is pure', () => {
  it.each(codeFilesOf('src/core').map((file) => [file.path, file] as const))('%s', (_, file) => {
    expect(impuritiesOf(file)).toEqual([])
  })
})

describe('the rule itself', () => {
  it.each([
    'const now = Date.now()',
    'const now = new Date()',
    'const now = Date()',
    'const read = Date.now',
    'const n = Math.random()',
    'const t = performance.now()',
    'setTimeout(() => {}, 5)',
    'setInterval(() => {}, 5)',
    'setImmediate(() => {})',
    'queueMicrotask(() => {})',
    'console.log(1)',
    'const argv = process.argv',
    "await fetch('http://127.0.0.1')",
    "import { readFileSync } from 'node:fs'",
    "import type { Socket } from 'node:net'",
    "import type { Mesh } from '#mesh/mesh'",
    "import type { Mesh } from '../mesh/mesh.ts'",
    "import { pack } from 'msgpackr'",
    "type Store = import('#store/store').Store",
    'export async function f() {}',
    'const id = crypto.randomUUID()',
    "const order = 'a'.localeCompare('b')",
    'const clock = { process }',
    'const later = new Promise(() => {})',
    'const later = Promise.resolve(1)',
  ])('refuses %s', (text) => {
    expect(inCore(text)).not.toEqual([])
  })

  it.each([
    '// Date.now() and console.log are named in a comment only',
    "const text = 'Math.random()'",
    "import { isNodeId } from './identity.ts'",
    "import { isNodeId } from '#core/identity'",
    'const done = replica.process(update)',
    'const refused = value instanceof Promise',
    'const view = { process: 1, performance: 2 }',
    'interface Input { readonly process: string; fetch(): void }',
  ])('accepts %s', (text) => {
    expect(inCore(text)).toEqual([])
  })

  it('says where, what, and what to use instead', () => {
    expect(inCore('\nexport const f = () => Date.now()')).toEqual([
      'src/core/example.ts:2: uses Date.now; time is an input: take nowMs from the step input',
    ])
  })
})
