import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { DashboardMesh } from '../support/dashboard-mesh.ts'
import { eventually } from '../support/eventually.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const WAIT_MS = 30_000
const SCHEMA = {
  allowUndeclared: true,
  'pool.size': { schema: { type: 'integer', minimum: 1 }, default: 4 },
  'pool.concurrency': { schema: { type: 'integer', minimum: 1 }, default: 8, tune: { min: 1, max: 32, step: 1 } },
}
const OBJECTIVES = {
  objectives: [{ name: 'pool', goals: [{ metric: 'job_ms', p95AtMost: 20 }], parameters: ['pool.concurrency'] }],
}
const PLACES = ['mesh', 'configuration', 'vectors', 'story/shop/limit', 'conflicts', 'tuner', 'log'] as const

let browser: Browser
let mesh: DashboardMesh
const pages: Page[] = []
/** what pages complained of or asked others for: nothing may */
const complaints: string[] = []

async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(WAIT_MS)
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // What an agent refuses, and an agent that is gone, the page handles; the browser mentions them all the same.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text())
  })
  const { origin } = new URL(url)
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`asked ${request.url()}`)
  })
  pages.push(page)
  await page.goto(url)
  return page
}

const urlOf = (nodeId: string, place = ''): string => `${mesh.agent(nodeId).ready.http}/#/${place}`
const shows = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()
const put = (nodeId: string, name: string, value: unknown, reason?: string) =>
  mesh.call(nodeId, 'PUT', `/v1/config/${name.replace('.', '/')}`, { value, ...(reason && { reason }) })

async function go(page: Page, place: string): Promise<void> {
  await page.evaluate(`location.hash = '#/${place}'`)
  const title = await page.locator('nav a[aria-current=page]').textContent()
  await page.getByRole('heading', { level: 1, name: title!, exact: true }).waitFor()
}

/** Violations of axe-core's rules, each with where it is. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found = await page.evaluate<{ violations: readonly { id: string; nodes: readonly { html: string }[] }[] }>(
    'axe.run()',
  )
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** The writes that stand behind a parameter. */
const written = ({ siblings }: { siblings: readonly { origin: string; sequence: number }[] }): string[] =>
  siblings.map(({ origin, sequence }) => `${origin}:${sequence}`).sort()

/** Two agents that are written to at the same moment; again until neither had heard of the other's write. */
async function collide(name: string): Promise<void> {
  const total = async () => (await mesh.call('node-1', 'GET', '/v1/conflicts')).total as number
  const before = await total()
  for (let round = 0; (await total()) === before; round++) {
    if (round === 50) throw new Error(`no conflict in ${round} rounds`)
    await Promise.all([put('node-1', name, 15, 'fifteen'), put('node-2', name, 20, 'twenty')])
    await eventually('both have both', async () => {
      const [one, other] = await Promise.all(
        ['node-1', 'node-2'].map((nodeId) => mesh.call(nodeId, 'GET', `/v1/config/${name.replace('.', '/')}`)),
      )
      return JSON.stringify(written(one)) === JSON.stringify(written(other))
    })
  }
}

beforeAll(async () => {
  mesh = new DashboardMesh()
  const starting = launchBrowser()
  const flags = [
    ...['--schema', mesh.write('schema.json', JSON.stringify(SCHEMA))],
    ...['--tuner', mesh.write('tuner.json', JSON.stringify(OBJECTIVES))],
  ]
  for (const nodeId of ['node-1', 'node-2', 'node-3']) await mesh.start(nodeId, ...flags)
  browser = await starting
  await collide('shop.limit')
}, 120_000)

afterEach(async () => {
  await Promise.all(pages.splice(0).map((page) => page.context().close()))
  expect(complaints.splice(0)).toEqual([])
})

afterAll(async () => {
  await browser?.close()
  await mesh?.stop()
})

describe('the mesh', () => {
  it('is seen at a glance, and by ear', async () => {
    const page = await open(urlOf('node-1'))
    await shows(page, 'All 3 nodes have everything.')
    await page.locator('tr[data-node="node-3"][data-standing="in step"]').waitFor()
    await page.getByRole('img', { name: '3 nodes: 3 in step' }).waitFor()
    expect(await page.locator('tr', { hasText: 'coordinator' }).count()).toBe(1)
    await shows(page, 'Every change of the last hour was everywhere in')
  })
})

describe('the configuration', () => {
  it('takes an edit that reaches another node, and follows it there', async () => {
    const page = await open(urlOf('node-1', 'configuration/new'))
    await page.getByLabel('Name').fill('shop.title')
    await page.getByLabel('New value').fill('Spring')
    await shows(page, 'Sent as a string.')
    await page.getByLabel('Reason').fill('the season')
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.locator('.toast', { hasText: 'shop.title: on every node, all 3 had shown it within' }).waitFor()
    expect(await mesh.call('node-3', 'GET', '/v1/config/shop/title')).toMatchObject({
      value: 'Spring',
      update: { nodeId: 'node-1', reason: 'the season' },
    })
    await page.getByRole('searchbox').fill('season')
    await page.getByText('1 parameter', { exact: true }).waitFor()
    await page.getByRole('link', { name: /shop\.title/ }).click()
    await page.getByRole('button', { name: 'Delete' }).click()
    await eventually('it is deleted on node-3', async () => {
      return (await mesh.call('node-3', 'GET', '/v1/config/shop/title')).deleted
    })
  })

  it('shows a change of another node without being asked', async () => {
    await put('node-2', 'shop.text', 'first')
    const page = await open(urlOf('node-1', 'configuration'))
    await page.getByRole('searchbox').fill('shop.text')
    const row = page.getByRole('link', { name: /shop\.text/ })
    await row.filter({ hasText: 'first' }).waitFor()
    await put('node-2', 'shop.text', 'second')
    await row.filter({ hasText: 'second' }).waitFor()
  })

  it('says at the field what the schema refuses, and changes nothing', async () => {
    const page = await open(urlOf('node-1', 'configuration/pool/size'))
    const field = page.getByLabel('New value')
    await field.fill('0')
    await page.getByRole('button', { name: 'Publish' }).click()
    await shows(page, /pool\.size: must be >= 1/)
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    expect((await mesh.call('node-1', 'GET', '/v1/config/pool/size')).value).toBe(4)
  })

  it('publishes several changes as one, or none', async () => {
    const page = await open(urlOf('node-1', 'configuration/pool/size'))
    const draft = async (place: string, text: string) => {
      await go(page, place)
      await page.getByLabel('New value').fill(text)
      await page.getByRole('button', { name: 'Add to changes' }).click()
    }
    await draft('configuration/pool/size', '0')
    await draft('configuration/shop/max', '100')
    await shows(page, '2 changes')
    const drafts = page.getByRole('region', { name: 'Changes to publish together' })
    await drafts.getByRole('button', { name: 'Publish together' }).click()
    await drafts.locator('li', { hasText: 'pool.size' }).getByText('must be >= 1').waitFor()
    await draft('configuration/pool/size', '6')
    await drafts.getByRole('button', { name: 'Publish together' }).click()
    await page.locator('.toast', { hasText: '2 parameters: on every node' }).waitFor()
    const [size, max] = await Promise.all(
      ['size', 'max'].map((name, i) => mesh.call('node-2', 'GET', `/v1/config/${['pool', 'shop'][i]}/${name}`)),
    )
    expect([size.value, max.value]).toEqual([6, 100])
    expect(max.update.sequence).toBe(size.update.sequence + 1)
  })
})

describe('what was decided', () => {
  it('is a conflict that is shown, and can be decided otherwise', async () => {
    const page = await open(urlOf('node-1', 'conflicts'))
    const card = page.locator('li.card', { hasText: 'shop.limit' }).first()
    await card.waitFor()
    const { conflicts } = await mesh.call('node-1', 'GET', '/v1/conflicts')
    const [{ explanation, losers }] = conflicts
    await card.getByText(explanation).waitFor()
    await card
      .getByRole('button', { name: `Publish this one: ${losers[0].value} of ${losers[0].nodeId} for shop.limit` })
      .click()
    await eventually('the loser stands on node-3', async () => {
      const { value, siblings } = await mesh.call('node-3', 'GET', '/v1/config/shop/limit')
      return value === losers[0].value && siblings.length === 1
    })
  })

  it('is a story with lanes, marks and the rule, which the keyboard walks through', async () => {
    await collide('shop.story')
    const page = await open(urlOf('node-2', 'story/shop/story'))
    const marks = page.locator('svg.story [data-mark]')
    await marks.first().waitFor()
    const { history } = await mesh.call('node-2', 'GET', '/v1/history/shop/story')
    expect(await marks.count()).toBe(history.length)
    await page.locator('svg.story .meeting', { hasText: history[0].decidedBy }).first().waitFor()
    await marks.last().focus()
    await page.keyboard.press('ArrowLeft')
    const focused = await page.evaluate('document.activeElement.dataset.mark')
    expect(focused).toBe(String(history.length - 2))
    await page.locator('.mark-details', { hasText: 'wrote' }).waitFor()
    const width = () => page.evaluate<number>('document.querySelector("svg.story").clientWidth')
    const before = await width()
    await page.keyboard.press('+')
    await expect.poll(width).toBeGreaterThan(before)
  })

  it('is taken back by one click: an older value is published again', async () => {
    await put('node-1', 'shop.color', 'red')
    const { update } = await put('node-1', 'shop.color', 'blue')
    const page = await open(urlOf('node-1', 'story/shop/color'))
    await page.getByRole('button', { name: `Publish again: node-1:${update.sequence - 1}` }).click()
    await page.locator('.toast', { hasText: 'shop.color: on every node' }).waitFor()
    expect((await mesh.call('node-3', 'GET', '/v1/config/shop/color')).value).toBe('red')
    await page.locator('tr', { hasText: '“again: "red"' }).first().waitFor()
  })
})

describe('version vectors', () => {
  it('are a matrix of nodes by origins, and live', async () => {
    const page = await open(urlOf('node-3', 'vectors'))
    const cell = page.locator('table.matrix tbody tr', { hasText: 'node-2' }).locator('td').first()
    await cell.filter({ hasText: /^0$/ }).waitFor()
    const { update } = await put('node-1', 'shop.tick', 1)
    await expect.poll(() => cell.getAttribute('title')).toBe(`seen up to ${update.sequence}`)
    await shows(page, 'All 3 nodes have shown everything.')
  })
})

describe('the tuner', () => {
  it('shows goal and parameters, and can be frozen and released', async () => {
    const page = await open(urlOf('node-1', 'tuner'))
    await page.getByRole('region', { name: 'Objective pool' }).waitFor()
    await shows(page, 'wanted 95 of 100 at most 20 ms')
    await page.getByLabel('Why everything should stay as it is').fill('a sale')
    await page.getByRole('button', { name: 'Freeze' }).click()
    await page.getByRole('button', { name: 'Let it go on' }).click()
    await eventually('it goes on', async () => !(await mesh.call('node-2', 'GET', '/v1/tuner')).objectives[0].frozen)
  })
})

describe('the log', () => {
  it('begins with what happened before, goes on live, and is filtered', async () => {
    await put('node-2', 'shop.logged', 'early')
    const page = await open(urlOf('node-1', 'log'))
    await page.getByRole('searchbox').fill('config.changed shop.logged')
    const rows = page.locator('button.line')
    await rows.first().waitFor()
    expect(await rows.count()).toBe(1)
    await put('node-2', 'shop.logged', 'late')
    await expect.poll(() => rows.count()).toBe(2)
    await rows.first().click()
    await shows(page, /"value": "late"/)
    await page.getByLabel('from level').selectOption('error')
    await shows(page, 'No line matches.')
  })
})

describe('for everybody', () => {
  it('each view passes the rules of axe, light and dark, and fits into 400 px', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open(urlOf('node-1'), { colorScheme, viewport: { width: 400, height: 800 } })
      await shows(page, 'All 3 nodes have everything.')
      for (const place of [...PLACES, 'configuration/pool/size', 'story']) {
        await go(page, place)
        expect([place, colorScheme, await violations(page)]).toEqual([place, colorScheme, []])
        const overhang = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
        expect([place, overhang]).toEqual([place, 0])
      }
    }
  })

  it('is light or dark as they choose', async () => {
    const page = await open(urlOf('node-1'), { colorScheme: 'dark' })
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const dark = await background()
    await page.getByLabel('Theme').selectOption('light')
    expect(await background()).not.toBe(dark)
    await page.reload()
    expect(await background()).not.toBe(dark)
  })

  it('everything can be reached by keyboard, and shows where the focus is', async () => {
    const page = await open(urlOf('node-1', 'configuration'))
    await page.locator('.virtual a').first().waitFor()
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toContain('To the content')
    await page.keyboard.press('Enter')
    await page.locator('.virtual a').first().focus()
    const first = await page.evaluate('document.activeElement.getAttribute("href")')
    await page.keyboard.press('ArrowDown')
    expect(await page.evaluate('document.activeElement.getAttribute("href")')).not.toBe(first)
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'Parameter', exact: true }).waitFor()
  })
})

describe('when agents die', () => {
  it('a node that was killed is seen gone, and back when it is', async () => {
    const page = await open(urlOf('node-1'))
    await shows(page, 'All 3 nodes have everything.')
    mesh.agent('node-3').cli.kill('SIGKILL')
    await shows(page, /node-3 has been gone for/)
    await page.locator('tr[data-node="node-3"][data-standing="gone"]').waitFor()
    const late = await open(urlOf('node-2'))
    await shows(late, /node-3 has been gone for/)
    await mesh.start('node-3')
    await page.locator('tr[data-node="node-3"][data-standing="in step"]').waitFor()
  })

  it('the page says that it lost its agent, and goes on when that is back', async () => {
    const page = await open(urlOf('node-2', 'configuration'))
    await page.getByRole('searchbox').fill('shop.')
    await page.getByRole('link', { name: /shop\.limit/ }).waitFor()
    await mesh.agent('node-2').cli.stop()
    await shows(page, 'connection lost, trying again …')
    await shows(page, 'The agent does not answer. What is shown is as it was')
    await put('node-1', 'shop.meanwhile', 'written while it was away')
    await mesh.start('node-2')
    await page.getByRole('link', { name: /shop\.meanwhile/ }).waitFor()
    await page.locator('.connection', { hasText: 'live' }).waitFor()
    expect(await page.getByText('The agent does not answer.').count()).toBe(0)
  })
})

describe('an agent with a token', () => {
  it('shows nothing before it is given, and everything after, until the tab is closed', async () => {
    const token = 'correct-horse-battery'
    await mesh.start('node-4', '--http-token-file', mesh.write('token', token))
    const page = await open(urlOf('node-4'))
    const field = page.getByLabel('Token')
    await field.fill('wrong-horse-battery')
    await page.getByRole('button', { name: 'Open' }).click()
    await shows(page, 'The agent refused this token.')
    expect(await page.getByText('node-1').count()).toBe(0)
    await field.fill(token)
    await page.getByRole('button', { name: 'Open' }).click()
    await shows(page, /All \d nodes have everything\./)
    await page.reload()
    await shows(page, /All \d nodes have everything\./)
    expect(await page.context().cookies()).toEqual([])
  })
})
