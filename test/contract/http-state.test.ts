import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConfigSync } from '#node/api'
import { HttpAgent } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'

let sync: ConfigSync
let agent: HttpAgent

beforeEach(async () => {
  sync = createNode()
  agent = await new HttpAgent(sync).start()
})
afterEach(() => agent.close())

describe('the state of a node', () => {
  it('status has what the node knows about itself', async () => {
    await sync.publishUpdate('a', 'x', 1)
    const { status, body } = await agent.call('GET', '/v1/status')
    expect(status).toBe(200)
    const { nodeId, runId, digest, revision, versionVector } = sync.status()
    expect(body).toMatchObject({
      nodeId,
      runId,
      digest,
      revision,
      versionVector,
      cluster: 'test',
      parameters: 1,
      conflicts: 0,
    })
    expect(body.uptime).toBeCloseTo(body.uptimeMs / 1000)
  })

  it('nodes and version vectors list this node', async () => {
    await sync.publishUpdate('a', 'x', 1)
    const { nodes } = (await agent.call('GET', '/v1/nodes')).body
    expect(nodes).toMatchObject([{ nodeId: 'node-1', self: true, state: 'live' }])
    const { vectors } = (await agent.call('GET', '/v1/version-vectors')).body
    expect(vectors).toMatchObject([{ nodeId: 'node-1', self: true, versionVector: sync.getVersionVector() }])
  })

  it('the index names every call', async () => {
    const { body } = await agent.call('GET', '/')
    expect(body).toMatchObject({ nodeId: 'node-1', cluster: 'test' })
    expect(body.calls).toContain('PUT /v1/config/:section/:parameter')
    expect(body.calls).not.toContain('HEAD /v1/config')
  })
})

describe('operations', () => {
  it('describes every call in OpenAPI 3.1, with what it takes and what it may answer', async () => {
    const { body } = await agent.call('GET', '/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    const index = (await agent.call('GET', '/')).body.calls as string[]
    const described = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    )
    expect(described.toSorted()).toEqual(index.toSorted())
    for (const [path, methods] of Object.entries(
      body.paths as Record<string, Record<string, Record<string, unknown>>>,
    )) {
      for (const [method, call] of Object.entries(methods)) {
        expect(call, `${method} ${path}`).toMatchObject({
          operationId: expect.any(String),
          summary: expect.any(String),
        })
        expect(Object.keys(call['responses'] as object), `${method} ${path}`).toEqual(
          expect.arrayContaining(['200', '500']),
        )
      }
    }
  })

  it('metrics are Prometheus text with every name of the contract', async () => {
    await sync.publishUpdate('a', 'x', 1)
    const { status, headers, text } = await agent.call('GET', '/metrics')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(text).toContain('configsync_updates_total{origin="local"} 1\n')
    expect(text).toContain('configsync_updates_total{origin="remote"} 0\n')
    expect(text).toContain('configsync_parameters 1\n')
    expect(text).toContain('configsync_divergence_total 0\n')
    const names = [
      'propagation_seconds_bucket',
      'conflicts_total',
      'repairs_total',
      'members',
      'coordinator',
      'frames_total{direction="sent"}',
    ]
    const more = ['frame_bytes_total{direction="received"}', 'pending_updates', 'load', 'origins']
    for (const name of [...names, ...more]) expect(text).toContain(`\nconfigsync_${name}`)
    expect(text).toContain('# TYPE configsync_rejected_total counter')
    expect(text).toContain('process_resident_memory_bytes')
  })

  it('is alive and ready', async () => {
    expect((await agent.call('GET', '/healthz')).body).toEqual({ alive: true })
    await expect.poll(async () => (await agent.call('GET', '/readyz')).status).toBe(200)
  })
})
