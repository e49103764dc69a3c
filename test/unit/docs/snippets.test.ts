import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { root } from '../tidy/sources.ts'
import { withFreePorts } from './addresses.ts'
import { matchesText } from './expectation.ts'
import { allBlocks, readerPages } from './markdown.ts'
import { expectedOutput, moduleName, moduleText, type Program, programsOf, runnableBlocks } from './programs.ts'
import { finish, type ScriptResult } from './script.ts'
import { foreignImports, packagePaths, snippetFolder, typeErrors } from './type-check.ts'

const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const programs = programsOf(allBlocks(readerPages()))
const folder = snippetFolder()
afterAll(folder.remove)

describe('the ts blocks of the documentation', () => {
  it('import what a reader has', () => {
    expect(programs.flatMap(({ blocks }) => blocks.flatMap(foreignImports))).toEqual([])
  })

  it('have the types that they claim', () => {
    expect(typeErrors(programs, folder.path, packagePaths(packageJson.exports))).toEqual([])
  })

  it.each(
    programs.filter((program) => runnableBlocks(program).length > 0).map((program) => [program.name, program] as const),
  )('%s runs', async (_, program) => {
    const { exitCode, output, errors } = await runProgram(program)
    expect(exitCode, `${output}${errors}`).toBe(0)
    const expected = expectedOutput(runnableBlocks(program))
    if (expected !== undefined) expect(matchesText(expected, output), `printed:\n${output}`).toBe(true)
  })
})

/** As a reader runs it: with the built package, in a process and an empty folder of its own that has the examples, on free ports. */
async function runProgram(program: Program): Promise<ScriptResult> {
  const file = join(folder.path, `run.${moduleName(program)}`)
  const workFolder = join(folder.path, `in.${moduleName(program)}`)
  mkdirSync(workFolder)
  symlinkSync(join(root, 'examples'), join(workFolder, 'examples'), 'dir')
  writeFileSync(file, await withFreePorts(moduleText(runnableBlocks(program))))
  return finish(
    spawn(process.execPath, ['--no-warnings', file], {
      cwd: workFolder,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    }),
  )
}
