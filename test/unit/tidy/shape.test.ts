import { describe, expect, it } from 'vitest'
import {
  FILE_LINES_MAX,
  isVagueName,
  LONG_FUNCTIONS,
  lineCount,
  longFunctions,
  partialTests,
  sleeps,
  unfinishedMarks,
} from './shape.ts'
import { allTextFiles, codeFiles, codeFilesOf } from './sources.ts'

const own = (path: string): boolean => path.startsWith('test/unit/tidy/')
const testFiles = codeFilesOf('test').filter(({ path }) => !own(path))
const inTest = (text: string) => ({ path: 'test/unit/example.test.ts', text })

describe('the shape of the code', () => {
  it(`no file has more than ${FILE_LINES_MAX} lines`, () => {
    const long = codeFiles().filter(({ text }) => lineCount(text) > FILE_LINES_MAX)
    expect(long.map(({ path, text }) => `${path}: ${lineCount(text)} lines; split it by nouns`)).toEqual([])
  })

  it('no function of src is longer than it must be', () => {
    expect(codeFilesOf('src').flatMap(longFunctions)).toEqual([])
  })

  it('each function that is long on purpose still is there', () => {
    const paths = new Set(codeFiles().map(({ path }) => path))
    expect(Object.keys(LONG_FUNCTIONS).filter((entry) => !paths.has(entry.split(' ')[0] ?? ''))).toEqual([])
  })

  it('every file is named after what is in it', () => {
    expect(
      codeFiles()
        .filter(({ path }) => isVagueName(path))
        .map(({ path }) => path),
    ).toEqual([])
  })

  it('nothing is left unfinished', () => {
    expect(
      allTextFiles()
        .filter(({ path }) => !own(path) && !path.endsWith('.json'))
        .flatMap(unfinishedMarks),
    ).toEqual([])
  })
})

describe('the shape of the tests', () => {
  it('none is skipped, and none runs alone', () => {
    expect(testFiles.flatMap(partialTests)).toEqual([])
  })

  it('none sleeps', () => {
    expect(testFiles.flatMap(sleeps)).toEqual([])
  })
})

describe('the rules themselves', () => {
  it.each(['utils.ts', 'src/mesh/helper.ts', 'src/mesh/tls-utils.ts', 'src/helpers.test.ts'])('%s is vague', (path) => {
    expect(isVagueName(path)).toBe(true)
  })

  it.each(['src/core/utility-function.ts', 'src/utils/digest.ts', 'src/core/commonest.ts'])('%s is not', (path) => {
    expect(isVagueName(path)).toBe(false)
  })

  it.each([
    'it.skip("x", () => {})',
    'describe.only("x", () => {})',
    'test.todo("x")',
    'it.each([1]).skip',
    'it.concurrent.only("x")',
  ])('%s leaves tests out', (text) => {
    expect(partialTests(inTest(text))).toHaveLength(text.includes('each') ? 0 : 1)
  })

  it.each([
    'await new Promise((resolve) => setTimeout(resolve, 50))',
    'await new Promise((done) => { setTimeout(() => done(), 50) })',
    "import { setTimeout } from 'node:timers/promises'\nawait setTimeout(50)",
    "import { setTimeout as sleep } from 'node:timers/promises'\nawait sleep(50)",
    'Atomics.wait(cell, 0, 0, 50)',
    'for (const node of nodes) await new Promise((resolve) => setTimeout(resolve, 50))',
  ])('%s is a sleep', (text) => {
    expect(sleeps(inTest(text))).toHaveLength(1)
  })

  it.each([
    'while (!done()) await new Promise((resolve) => setTimeout(resolve, 5))',
    'await Promise.race([work, new Promise((_, reject) => setTimeout(reject, 500))])',
    'const timer = setTimeout(() => controller.abort(), 500)',
    'await vi.waitFor(() => expect(value).toBe(1))',
  ])('%s is none', (text) => {
    expect(sleeps(inTest(text))).toEqual([])
  })

  it('a function of 71 lines is too long, one of 70 is not', () => {
    const lines = (count: number) => inTest(`function f() {\n${'  g()\n'.repeat(count - 2)}}`)
    expect(longFunctions(lines(71))).toEqual(['test/unit/example.test.ts:1: f has 71 lines; at most 70'])
    expect(longFunctions(lines(70))).toEqual([])
  })

  it('a mark of unfinished work is found with its line', () => {
    expect(unfinishedMarks(inTest('const a = 1\n// TODO: more'))).toEqual([
      'test/unit/example.test.ts:2: TODO: finish it or open an issue',
    ])
  })
})
