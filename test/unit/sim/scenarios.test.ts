import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SCENARIO_COMMANDS } from '#sim/scenario/commands'
import { runScenario } from '#sim/scenario/run-scenario'
import { readPage } from '../docs/markdown.ts'
import { root } from '../tidy/sources.ts'

const folder = join(root, 'test/scenarios')
const files = [...readdirSync(folder).map((name) => join(folder, name)), join(root, 'examples/scenario.txt')]

describe('the scenarios', () => {
  it.each(files)('%s prints what it says', async (file) => {
    const text = readFileSync(file, 'utf8')
    expect(text, 'a story begins with its reason').toMatch(/^# \S/)
    const { text: played } = await runScenario(text, { name: file })
    expect(played, 'if this is right: npm run scenarios -- --write').toBe(text)
  })

  it('use every command', () => {
    const used = new Set(files.flatMap((file) => readFileSync(file, 'utf8').match(/^[a-z]+/gm) ?? []))
    expect(Object.keys(SCENARIO_COMMANDS).filter((name) => !used.has(name))).toEqual([])
  })

  it('have a language that docs/simulator.md prints', () => {
    const [, printed] =
      /<!-- scenario-commands -->\n([\s\S]*?)\n<!-- \/scenario-commands -->/.exec(readPage('docs/simulator.md')) ?? []
    const cell = (text: string): string => text.replaceAll('|', '\\|')
    const rows = Object.values(SCENARIO_COMMANDS).map(({ usage, does }) => `| \`${cell(usage)}\` | ${cell(does)} |`)
    expect(printed?.split('\n')).toEqual(['| command | does |', '| --- | --- |', ...rows])
  })
})
