// Draws docs/images/dashboard-*.png from real agents: npm run screenshots
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../test/support/browser.ts'
import { DashboardMesh } from '../test/support/dashboard-mesh.ts'
import { eventually } from '../test/support/eventually.ts'
import { recompressPng } from './png.ts'

const NODES = ['node-1', 'node-2', 'node-3', 'node-4', 'node-5']
const SIZE = { width: 1120, height: 760 }
const SCHEMA = {
  allowUndeclared: true,
  'pool.concurrency': {
    schema: { type: 'integer', minimum: 1 },
    default: 8,
    tune: { min: 1, max: 32, step: 1, whenMissed: 'lower' },
  },
  'pool.batch_size': { schema: { type: 'integer', minimum: 1 }, default: 4 },
}
const OBJECTIVES = {
  objectives: [{ name: 'pool', goals: [{ metric: 'job_ms', p95AtMost: 20 }], parameters: ['pool.concurrency'] }],
}
/** After its first adjustment, so that what came of it is seen. */
const TUNER_GOES_ON_MS = 8_000

const mesh = new DashboardMesh()
const put = (nodeId: string, name: string, value: unknown, reason?: string, priority?: number) =>
  mesh.call(nodeId, 'PUT', `/v1/config/${name.replace('.', '/')}`, {
    value,
    ...(reason !== undefined && { reason }),
    ...(priority !== undefined && { priority }),
  })

async function startMesh(): Promise<void> {
  const flags = [
    ...['--schema', mesh.write('schema.json', JSON.stringify(SCHEMA))],
    ...['--tuner', mesh.write('tuner.json', JSON.stringify(OBJECTIVES))],
  ]
  for (const nodeId of NODES) await mesh.start(nodeId, ...flags)
  await eventually('all are there', async () => (await mesh.call('node-1', 'GET', '/v1/nodes')).nodes.length === 5)
}

async function writeConfiguration(): Promise<void> {
  await put('node-1', 'db.url', 'postgres://db-1/shop', 'moved to the new server')
  await put('node-2', 'db.pool_size', 20, 'twice the workers')
  await put('node-3', 'cache.ttl_seconds', 300)
  await put('node-4', 'shop.title', 'Spring sale', 'the season')
  await put('node-5', 'limits.requests_per_second', 250, 'load test of Monday')
  await put('node-1', 'features.checkout', { version: 2, share: 0.25 }, 'a quarter of the users', 1)
  await put('node-2', 'tools.call_timeout_ms', 10_000)
}

/** Writes that meet, again until they do. */
async function writeStory(): Promise<void> {
  const total = async () => (await mesh.call('node-1', 'GET', '/v1/conflicts')).total as number
  await put('node-1', 'tools.call_limit', 25, 'as declared before')
  for (let round = 0; (await total()) < 2 && round < 50; round++) {
    await Promise.all([
      put('node-1', 'tools.call_limit', 15 + round, 'the bill'),
      put('node-3', 'tools.call_limit', 20 + round, 'too many refusals', round % 2),
    ])
    await put('node-2', 'tools.call_limit', 18 + round, 'in the middle')
  }
  await Promise.all([put('node-1', 'tools.call_limit', 12, 'the bill'), put('node-4', 'tools.call_limit', 30)])
}

/** A pool whose jobs take the longer the more of them run at once, until the tuner has moved it. */
async function feedTuner(): Promise<void> {
  await put('node-1', 'auto_tuner.interval_seconds', 1)
  await eventually(
    'the tuner has adjusted something',
    async () => {
      const { value: concurrency } = await mesh.call('node-1', 'GET', '/v1/config/pool/concurrency')
      const value = () => (concurrency / 8) * (14 + 18 * Math.random() * Math.random())
      const observations = Array.from({ length: 5 }, () => ({ metric: 'job_ms', value: value() }))
      await mesh.call('node-1', 'POST', '/v1/tuner/observations', { observations })
      const first = (await mesh.call('node-1', 'GET', '/v1/tuner')).adjustments.at(-1)
      return first !== undefined && Date.now() - first.at > TUNER_GOES_ON_MS
    },
    60_000,
  )
}

/** It takes nothing in while the others write; with a longer heartbeat it is not called dead before the picture is taken. */
async function freezeNode(nodeId: string): Promise<void> {
  await put('node-1', 'mesh.heartbeat_interval_ms', 1_000)
  mesh.agent(nodeId).cli.kill('SIGSTOP')
  for (let i = 1; i <= 12; i++) await put('node-1', 'shop.title', `Spring sale, day ${i}`)
  for (let i = 1; i <= 2; i++) await put('node-3', 'cache.ttl_seconds', 300 + i)
}

async function picture(page: Page, name: string): Promise<void> {
  const png = recompressPng(await page.screenshot({ animations: 'disabled' }))
  const path = fileURLToPath(new URL(`../docs/images/dashboard-${name}.png`, import.meta.url))
  writeFileSync(path, png)
  console.log(`docs/images/dashboard-${name}.png: ${Math.round(png.length / 1024)} KiB`)
}

async function views(page: Page, url: string): Promise<void> {
  const go = async (place: string, text: string) => {
    await page.goto(`${url}/#/${place}`)
    await page.getByText(text).first().waitFor()
  }
  await go('configuration/features/checkout', 'Sent as an object.')
  await picture(page, 'configuration')
  await go('story/tools/call_limit', 'What happened')
  await picture(page, 'story')
  await go('conflicts', 'decided by')
  await picture(page, 'conflicts')
  await go('tuner', 'wanted 95 of 100')
  await feedTuner()
  await page.getByRole('region', { name: 'Objective pool' }).evaluate((section) => section.scrollIntoView())
  await picture(page, 'tuner')
  await go('log', 'config.changed')
  await picture(page, 'log')
  await freezeNode('node-5')
  await go('vectors', 'Furthest behind: node-5')
  await picture(page, 'vectors')
  mesh.agent('node-5').cli.kill('SIGCONT')
  mesh.agent('node-4').cli.kill('SIGKILL')
  await go('mesh', 'node-4 has been gone')
  await picture(page, 'mesh')
}

const browser = await launchBrowser()
try {
  await startMesh()
  await writeConfiguration()
  await writeStory()
  const page = await browser.newPage({ viewport: SIZE, locale: 'en-US' })
  page.setDefaultTimeout(15_000)
  await views(page, mesh.agent('node-1').ready.http)
  const dark = await browser.newPage({ viewport: { width: 400, height: 760 }, locale: 'en-US', colorScheme: 'dark' })
  await dark.goto(`${mesh.agent('node-1').ready.http}/#/mesh`)
  await dark.getByText('node-4 has been gone').first().waitFor()
  await picture(dark, 'phone-dark')
} finally {
  await browser.close()
  await mesh.stop()
}
