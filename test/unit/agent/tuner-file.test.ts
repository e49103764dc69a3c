import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readObjectives } from '#agent/tuner-file'
import { declarationsFromJson } from '#node/json-schema'
import { ObjectiveRuns } from '#tuner/objective-runs'
import { coded } from '../../support/coded.ts'

const folder = mkdtempSync(join(tmpdir(), 'configsync-tuner-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

const POOL = { name: 'pool', parameters: ['pool.size'], goals: [{ metric: 'job_ms', p95AtMost: 200 }] }
const DECLARED = declarationsFromJson({
  'pool.size': { schema: { type: 'integer', minimum: 1 }, tune: { min: 1, max: 64, step: 1 } },
  'pool.name': { schema: { type: 'string' } },
})

function fileOf(content: unknown): string {
  const path = join(folder, 'tuner.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe("the file of the agent's objectives", () => {
  it('holds objectives as the library takes them', () => {
    expect(readObjectives(fileOf({ objectives: [POOL] }))).toEqual([POOL])
    expect(readObjectives(fileOf({ objectives: [] }))).toEqual([])
  })

  it.each([
    ['{ "objectives": [', /tuner\.json: /],
    [[POOL], /not an object with an array of objectives/],
    [{ objectives: POOL }, /not an object with an array of objectives/],
    [{ objectives: [POOL], goal: 3 }, /unknown member goal/],
    [{ objectives: ['pool'] }, /an objective is an object/],
  ])('%j is OBJECTIVE_INVALID, and the detail names the file', (content, detail) => {
    expect(() => readObjectives(fileOf(content))).toThrow(coded('OBJECTIVE_INVALID', detail))
  })

  it('that cannot be read is a wrong setting', () => {
    expect(() => readObjectives(join(folder, 'nowhere.json'))).toThrow(coded('SETTING_INVALID', /^tuner: ENOENT/))
  })

  it.each([
    [{ ...POOL, parameters: ['pool.sise'] }, /pool: pool\.sise is not declared with tune bounds/],
    [{ ...POOL, parameters: ['pool.name'] }, /pool: pool\.name is not declared with tune bounds/],
    [{ ...POOL, strategy: 'rule' }, /no strategy rule; there are rules, gradient, search/],
    [{ ...POOL, goals: [{ metric: 'job_ms' }] }, /the goal of job_ms has not exactly one of p95AtMost/],
    [{ ...POOL, goals: [] }, /objective pool: no goal/],
  ])('%j is refused with what is wrong', (objective, detail) => {
    const objectives = readObjectives(fileOf({ objectives: [objective] }))
    expect(() => new ObjectiveRuns(objectives, [], DECLARED)).toThrow(coded('OBJECTIVE_INVALID', detail))
  })
})
