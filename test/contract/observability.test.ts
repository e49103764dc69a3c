import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_SETTINGS } from '#agent/settings-table'
import { MemoryNetwork } from '#mesh/memory'
import { declarationsFromJson } from '#node/json-schema'
import { ConfigSyncManager } from '#node/manager'
import { LOG_EVENTS } from '#observe/log-events'
import { openTelemetry } from '#observe/otel'
import { eventually } from '../support/eventually.ts'
import { HttpAgent } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'
import { metricsOf, missingIn, seriesOf } from '../support/promql.ts'
import { codeFilesOf, root } from '../unit/tidy/sources.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')

let agents: HttpAgent[]
let scrape: string

beforeAll(async () => {
  const network = new MemoryNetwork()
  const parameters = declarationsFromJson({
    allowUndeclared: true,
    pool: { size: { schema: { type: 'integer' }, default: 1 } },
  })
  const options = { nodeId: 'node-1', cluster: 'test', mesh: network.mesh(), preset: 'test', parameters } as const
  agents = [new HttpAgent(new ConfigSyncManager(options)), new HttpAgent(createNode(network, 'node-2'))]
  for (const agent of agents) await agent.start()
  const [first, second] = agents as [HttpAgent, HttpAgent]
  await eventually('they know each other', async () => (await first.call('GET', '/v1/nodes')).body.nodes.length === 2)
  // What one node's schema refuses, and a value for each way of writing.
  await second.call('PUT', '/v1/config/pool/size', { body: { value: 'none' } })
  await first.call('PUT', '/v1/config/log/level', { body: { value: 'debug' } })
  await eventually('the refusal is counted', async () =>
    (await first.call('GET', '/metrics')).text.includes('configsync_rejected_total{'),
  )
  scrape = (await first.call('GET', '/metrics')).text
})
afterAll(async () => {
  for (const agent of agents) await agent.close()
})

describe('deploy/', () => {
  it('has alert rules whose expressions read what an agent has', () => {
    const rules = [...read('deploy/alerts.yml').matchAll(/- alert: (\w+)\n\s+expr: (.+)\n/g)]
    expect(rules.length).toBe(read('deploy/alerts.yml').split('- alert:').length - 1)
    expect(rules.length).toBeGreaterThan(8)
    const series = seriesOf(scrape)
    expect(rules.map(([, name, expr]) => [name, missingIn(series, expr!)])).toEqual(rules.map(([, name]) => [name, []]))
  })

  it('has a dashboard whose panels read what an agent has', () => {
    const { panels, templating } = JSON.parse(read('deploy/grafana-dashboard.json'))
    const series = seriesOf(scrape)
    const drawn = panels.filter(({ type }: { type: string }) => type !== 'row')
    expect(drawn.length).toBeGreaterThan(15)
    for (const { title, targets } of drawn) {
      expect(targets.length, title).toBeGreaterThan(0)
      for (const { expr } of targets) expect(missingIn(series, expr), `${title}: ${expr}`).toEqual([])
    }
    for (const { type, query } of templating.list)
      if (type === 'query') expect(series.has(/\((\w+)/.exec(query)![1]!), query).toBe(true)
  })

  it('has panels that do not overlap, each within the width of a dashboard', () => {
    const { panels } = JSON.parse(read('deploy/grafana-dashboard.json'))
    const taken = new Set<string>()
    for (const { gridPos } of panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x).toBeLessThan(24)
          expect(taken.has(`${x} ${y}`)).toBe(false)
          taken.add(`${x} ${y}`)
        }
  })

  it('has a unit that starts an agent with flags that there are', () => {
    const command = /^ExecStart=\S+\/configsync agent (.+)$/m.exec(read('deploy/configsync-agent.service'))![1]!
    const flags = command.split(' ').filter((word) => word.startsWith('--'))
    const known = AGENT_SETTINGS.map(({ name }) => `--${name}`)
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([])
  })

  it('reads expressions as Prometheus does', () => {
    expect(
      metricsOf('histogram_quantile(0.9, sum by (le, job) (rate(a_bucket{x="b_c",y=~"z"}[5m]))) > 2 or up == 0'),
    ).toEqual([
      { metric: 'a_bucket', labels: ['x', 'y', 'le', 'job'] },
      { metric: 'up', labels: ['le', 'job'] },
    ])
    const series = seriesOf('# HELP a b\na_total{x="1"} 5\n')
    expect(missingIn(series, 'rate(a_total{x="1"}[1m])')).toEqual([])
    expect(missingIn(series, 'a_total{y="1"}')).toEqual(['a_total{y}'])
    expect(missingIn(series, 'b_total')).toEqual(['b_total'])
    expect(missingIn(series, '1 + 1')).toEqual(['no metric at all'])
  })
})

/** The cells of the table between two comments of docs/observability.md, without its two head lines. */
function tableOf(mark: string): string[][] {
  const [, text = ''] =
    new RegExp(`<!-- ${mark} -->\n([\\s\\S]*?)\n<!-- /${mark} -->`).exec(read('docs/observability.md')) ?? []
  const rows = text.split('\n').slice(2)
  return rows.map((row) => row.split(' | ').map((cell) => cell.replace(/^\| |\s*\|$/g, '')))
}

describe('docs/observability.md', () => {
  it('lists every metric of ConfigSync, with its labels and what it is', () => {
    const help = new Map(
      [...scrape.matchAll(/^# HELP (configsync_\S+) (.+)$/gm)].map(([, name, text]) => [name!, text!]),
    )
    const types = [...scrape.matchAll(/^# TYPE (configsync_\S+) (.+)$/gm)]
    const series = seriesOf(scrape)
    const labelsOf = (name: string): string => {
      const labels = [...(series.get(name) ?? [])]
      return labels.length === 0 ? '' : `{${labels.join(', ')}}`
    }
    const listed = types.map(([, name, type]) => [`\`${name}${labelsOf(name!)}\``, type, help.get(name!)])
    expect(tableOf('metrics').toSorted()).toEqual(listed.toSorted())
  })

  it('lists every event that is logged, and the code logs no other', () => {
    expect(tableOf('events')).toEqual(Object.entries(LOG_EVENTS).map(([event, what]) => [`\`${event}\``, what]))
    const logged = codeFilesOf('src').flatMap(({ text }) =>
      [...text.matchAll(/\bevent: '([a-z]+\.[a-z-]+)'/g)].map(([, event]) => event!),
    )
    expect([...new Set(logged)].sort()).toEqual(Object.keys(LOG_EVENTS).sort())
  })
})

describe('a write over HTTP', () => {
  it('is part of the trace that its header names', async () => {
    const exporter = new InMemorySpanExporter()
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const instrumentation = openTelemetry({ tracer: provider.getTracer('test') })
    const mesh = new MemoryNetwork().mesh()
    const sync = new ConfigSyncManager({ nodeId: 'node-1', cluster: 'test', mesh, preset: 'test', instrumentation })
    const agent = await new HttpAgent(sync).start()
    try {
      const headers = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }
      await agent.call('PUT', '/v1/config/pool/size', { body: { value: 1 }, headers })
      await agent.call('PUT', '/v1/config/pool/size', { body: { value: 2 }, headers: { traceparent: 'nonsense' } })
      await provider.forceFlush()
      const [named, alone] = exporter.getFinishedSpans()
      expect(named!.spanContext().traceId).toBe('a'.repeat(32))
      expect(named!.parentSpanContext?.spanId).toBe('b'.repeat(16))
      expect(alone!.parentSpanContext).toBeUndefined()
    } finally {
      await agent.close()
      await provider.shutdown()
      context.disable()
    }
  })
})
