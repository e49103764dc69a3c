import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Promtool } from '../support/promtool.ts'
import { root } from '../unit/tidy/sources.ts'

const RULES = 'deploy/alerts.yml'
const TESTS = 'deploy/alerts.test.yml'
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const alerts = [...read(RULES).matchAll(/- alert: (\w+)\n/g)].map(([, name]) => name!)

it('every alert has a case in which it fires, and one in which it is asked and does not', () => {
  const asked = read(TESTS)
    .split(/(?=- alertname: |- \{ alertname: )/)
    .slice(1)
    .map((text) => ({ name: /alertname: (\w+)/.exec(text)![1]!, fires: text.includes('exp_alerts:') }))
  const namesWhere = (fires: boolean) => new Set(asked.filter((one) => one.fires === fires).map(({ name }) => name))
  expect(alerts.length).toBeGreaterThan(8)
  expect([...namesWhere(true)].toSorted()).toEqual(alerts.toSorted())
  expect([...namesWhere(false)].toSorted()).toEqual(alerts.toSorted())
})

describe('promtool', () => {
  const promtool = new Promtool()
  const folder = mkdtempSync(join(tmpdir(), 'configsync-alerts-'))
  let obstacle: string | undefined
  beforeAll(() => {
    obstacle = promtool.obstacle()
    if (obstacle !== undefined) console.log(`e2e: alerts: NOT RUN, ${obstacle}`)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** The rules' tests over rules that were changed. */
  function testsOver(rules: string): ReturnType<Promtool['run']> {
    writeFileSync(join(folder, 'alerts.yml'), rules)
    writeFileSync(join(folder, 'alerts.test.yml'), read(TESTS))
    return promtool.run('test', 'rules', join(folder, 'alerts.test.yml'))
  }

  it('takes the rules and the scrape configuration', () => {
    if (obstacle !== undefined) return
    expect(promtool.run('check', 'rules', RULES)).toEqual({
      failed: false,
      output: expect.stringContaining(`${alerts.length} rules found`),
    })
    expect(promtool.run('check', 'config', 'deploy/prometheus.yml')).toMatchObject({ failed: false })
  })

  it('sees each alert fire where it should, and none in a healthy mesh', () => {
    if (obstacle !== undefined) return
    const { failed, output } = promtool.run('test', 'rules', TESTS)
    expect(failed, output).toBe(false)
  })

  it.each(['vector(1) > 2', 'vector(1)'])('would see it, were the expression of any alert %s', (expression) => {
    if (obstacle !== undefined) return
    const { failed, output } = testsOver(read(RULES).replaceAll(/expr: .+/g, `expr: ${expression}`))
    expect(failed).toBe(true)
    expect(alerts.filter((alert) => !output.includes(`alertname: ${alert},`))).toEqual([])
  })
})
