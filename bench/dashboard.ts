// Frames of the dashboard with 1,000 parameters and 100 nodes while 100 changes a second arrive: npm run bench:dashboard
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadavg } from 'node:os'
import type { CDPSession, Page } from 'playwright-core'
import { PageFiles } from '#agent/http/page-files'
import { launchBrowser } from '../test/support/browser.ts'

const PARAMETERS = 1_000
const NODES = 100
const CHANGES_PER_SECOND = 100
const NODES_EVENT_MS = 200
const WARM_UP_MS = 3_000
const MEASURED_MS = 10_000
const FRAME_MS_MAX = 50

/** A hundred agents do not fit on this machine beside the browser: this answers as one of them would. */
class FakeAgent {
  readonly #streams = new Set<ServerResponse>()
  readonly #sequences = Array.from({ length: NODES }, () => 10)
  readonly #files = new PageFiles()
  readonly #server = createServer(({ url = '/' }, response) => this.#answer(url, response))
  readonly #timers: NodeJS.Timeout[] = []
  #events = 0

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    let changes = 0
    this.#timers.push(
      setInterval(() => this.#tell('change', this.#change(changes++)), 1_000 / CHANGES_PER_SECOND),
      setInterval(
        () => this.#tell('nodes', { at: Date.now(), nodes: this.#nodes().slice(0, NODES / 2) }),
        NODES_EVENT_MS,
      ),
    )
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #answer(url: string, response: ServerResponse): void {
    const [path = '/'] = url.split('?')
    if (path === '/v1/events') return this.#open(response)
    const file = path === '/' ? this.#files.index : this.#files.asset(path.replace('/assets/', ''))
    if (file) return void response.writeHead(200, { 'content-type': file.mediaType }).end(file.bytes)
    const answers: Record<string, () => object> = {
      '/v1/status': () => ({ nodeId: nameOf(0), cluster: 'bench', address: '127.0.0.1:4101' }),
      '/v1/nodes': () => ({ nodes: this.#nodes(), departed: [] }),
      '/v1/parameters': () => ({
        total: PARAMETERS,
        next: null,
        parameters: indices(PARAMETERS).map((i) => this.#parameter(i, i)),
      }),
      '/v1/conflicts': () => ({ total: 0, conflicts: [] }),
      '/v1/tuner': () => ({ mode: 'off', epoch: 0, windowMs: 1_000, objectives: [], total: 0, adjustments: [] }),
      '/v1/propagation': () => ({
        windowMs: 1,
        changes: 0,
        waiting: 0,
        oldestWaitingMs: 0,
        unmeasured: 0,
        boundMs: null,
        p50Ms: null,
        p99Ms: null,
        minutes: [],
      }),
    }
    const answer = answers[path]?.() ?? {}
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }

  #open(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('event: ready\nid: run:0\ndata: {}\n\n')
    this.#streams.add(response)
    response.once('close', () => this.#streams.delete(response))
  }

  #tell(event: string, data: object): void {
    const text = `event: ${event}\nid: run:${++this.#events}\ndata: ${JSON.stringify(data)}\n\n`
    for (const stream of this.#streams) stream.write(text)
  }

  #change(i: number): object {
    this.#sequences[i % NODES]!++
    const now = this.#parameter((i * 37) % PARAMETERS, i)
    return { at: Date.now(), revision: i, source: 'remote', changes: [{ ...now, previous: null, now }] }
  }

  #parameter(i: number, value: number) {
    const update = this.#update(i % NODES)
    const [section, parameter] = [`section_${Math.floor(i / 50)}`, `parameter_${i % 50}`]
    return { section, parameter, value, deleted: false, source: 'resolved', update, siblings: [] }
  }

  #update(node: number) {
    const [origin, sequence] = [`${nameOf(node)}~0123456789abcdef`, this.#sequences[node]!]
    const rest = { priority: 0, rule: 'latest', epoch: 0, reason: 'bench' }
    return {
      nodeId: nameOf(node),
      origin,
      sequence,
      timestamp: [Date.now(), 0],
      versionVector: { [origin]: sequence },
      ...rest,
    }
  }

  /** Each has seen its own writes, and of the others most. */
  #nodes() {
    return indices(NODES).map((node) => ({
      nodeId: nameOf(node),
      runId: '0123456789abcdef',
      self: node === 0,
      state: 'live',
      coordinator: node === 0,
      address: '127.0.0.1:4101',
      silentForMs: 10,
      heartbeatIntervalMs: 1_000,
      inStep: false,
      load: 0.1,
      sameDeclarations: true,
      versionVector: Object.fromEntries(
        this.#sequences.map((sequence, other) => [
          `${nameOf(other)}~0123456789abcdef`,
          other === node ? sequence : sequence - Math.floor(Math.random() * 3),
        ]),
      ),
    }))
  }
}

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const nameOf = (i: number): string => `node-${String(i + 1).padStart(3, '0')}`

/** Counts frames, and notes those of over 50 ms from the first task that they waited for until they were drawn. */
const RECORD = `
  window.frames_ = []
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.frames_.push(entry.duration)
  }).observe({ type: 'long-animation-frame', buffered: false })
  window.count_ = 0
  const tick = () => { window.count_++; requestAnimationFrame(tick) }
  requestAnimationFrame(tick)`

async function busyMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  return 1_000 * metrics.find(({ name }) => name === 'TaskDuration')!.value
}

async function measure(page: Page, url: string, place: string): Promise<void> {
  await page.goto(`${url}/#/${place}`)
  await page.getByText('live', { exact: true }).waitFor()
  await page.waitForFunction('document.querySelector("table, .virtual, canvas.matrix")')
  // What loads and is compiled at first is no frame of a page that is being looked at.
  await page.waitForTimeout(WARM_UP_MS)
  await page.evaluate(RECORD)
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const before = await busyMs(session)
  await page.waitForTimeout(MEASURED_MS)
  const busy = (await busyMs(session)) - before
  const { long, frames } = await page.evaluate<{ long: number[]; frames: number }>(
    '({ long: frames_, frames: count_ })',
  )
  const longest = long.length === 0 ? 'none' : `${Math.round(Math.max(...long))} ms`
  console.log(
    `${place}: ${frames} frames in ${MEASURED_MS / 1000} s, ${(busy / frames).toFixed(1)} ms of work each; over ${FRAME_MS_MAX} ms: ${long.length}, the longest ${longest}`,
  )
}

const agent = new FakeAgent()
const url = await agent.start()
const browser = await launchBrowser()
try {
  console.log(
    `${PARAMETERS} parameters, ${NODES} nodes, ${CHANGES_PER_SECOND} changes/s; load average ${loadavg()[0]!.toFixed(1)}`,
  )
  for (const place of ['configuration', 'mesh', 'vectors']) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'en-US' })
    await measure(page, url, place).catch((cause: Error) => console.log(`${place}: ${cause.message.split('\n')[0]}`))
    await page.close()
  }
} finally {
  await browser.close()
  agent.stop()
}
