import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { DashboardMesh } from '../support/dashboard-mesh.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const WAIT_MS = 30_000

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
const go = (page: Page, place: string) => page.evaluate(`location.hash = '#/${place}'`)
const shows = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()

/** Violations of axe-core's rules, each with where it is. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found = await page.evaluate<{ violations: readonly { id: string; nodes: readonly { html: string }[] }[] }>(
    'axe.run()',
  )
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

beforeAll(async () => {
  mesh = new DashboardMesh()
  const starting = launchBrowser()
  for (const nodeId of ['node-1', 'node-2', 'node-3']) await mesh.start(nodeId)
  browser = await starting
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
    expect(await page.getByRole('img', { name: '3 nodes: 3 in step' }).count()).toBe(1)
    expect(await page.locator('tr', { hasText: 'coordinator' }).count()).toBe(1)
    expect(await violations(page)).toEqual([])
  })
})

describe('the configuration', () => {
  it('takes an edit that reaches another node, and follows it there', async () => {
    const page = await open(urlOf('node-1', 'configuration/new'))
    await page.getByLabel('Name').fill('pool.size')
    await page.getByLabel('New value').fill('12')
    await shows(page, 'Sent as a number.')
    await page.getByLabel('Reason').fill('more load at noon')
    await page.getByRole('button', { name: 'Publish' }).click()
    await shows(page, /is on every node: all 3 had shown it within/)
    expect(await mesh.call('node-3', 'GET', '/v1/config/pool/size')).toMatchObject({
      value: 12,
      update: { nodeId: 'node-1', reason: 'more load at noon' },
    })
    await page.getByRole('link', { name: /pool\.size/ }).waitFor()
    await page.getByRole('searchbox').fill('noon')
    await shows(page, '1 parameter of')
    expect(await violations(page)).toEqual([])
  })

  it('shows a change of another node without being asked', async () => {
    await mesh.call('node-2', 'PUT', '/v1/config/pool/idle', { value: 'first', reason: 'from node-2' })
    const page = await open(urlOf('node-1', 'configuration'))
    const row = page.getByRole('link', { name: /pool\.idle/ })
    await row.filter({ hasText: 'first' }).waitFor()
    await mesh.call('node-2', 'PUT', '/v1/config/pool/idle', { value: 'second' })
    await row.filter({ hasText: 'second' }).waitFor()
  })
})

describe('for everybody', () => {
  it('the page fits into 400 px', async () => {
    const page = await open(urlOf('node-2'), { viewport: { width: 400, height: 800 } })
    for (const place of ['mesh', 'configuration', 'configuration/new']) {
      await go(page, place)
      await page.getByRole('heading', { level: 1 }).waitFor()
      const overhang = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect([place, overhang]).toEqual([place, 0])
    }
  })

  it('is dark where people want it dark, with enough contrast', async () => {
    const page = await open(urlOf('node-1'), { colorScheme: 'dark' })
    await shows(page, 'All 3 nodes have everything.')
    expect(await violations(page)).toEqual([])
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const dark = await background()
    await page.getByLabel('Theme').selectOption('light')
    expect(await background()).not.toBe(dark)
  })
})
