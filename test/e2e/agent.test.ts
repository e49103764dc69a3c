import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { certificateOf } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { RunningCli, runCli, startAgent } from '../support/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'configsync-agent-'))
afterAll(() => rmSync(folder, { recursive: true }))

const running: RunningCli[] = []
const servers: Server[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((cli) => cli.stop()))
  for (const server of servers.splice(0)) server.close()
})

const local = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--preset', 'test']

async function start(nodeId: string, ...flags: string[]) {
  const { cli, ready } = await startAgent(['--node-id', nodeId, ...local, ...flags])
  running.push(cli)
  return { cli, ready, call: (method: string, path: string, body?: unknown) => call(ready.http, method, path, body) }
}

async function call(url: string, method: string, path: string, body?: unknown) {
  const request =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(url + path, { method, ...request })
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  return { status: response.status, body: (await response.json().catch(() => undefined)) as any }
}

async function occupiedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  return `127.0.0.1:${(server.address() as { port: number }).port}`
}

/** Files of a certificate for the cluster `tls`, of its authority or another one. */
async function certificateFlags(nodeId: string, signer?: string): Promise<string[]> {
  const { cert, key, ca } = await certificateOf(nodeId, 'tls', signer)
  return Object.entries({ cert, key, ca }).flatMap(([name, pem]) => {
    const path = join(folder, `${nodeId}-${name}.pem`)
    writeFileSync(path, pem, { mode: 0o600 })
    return [`--tls-${name}`, path]
  })
}

const logLines = (cli: RunningCli) =>
  cli
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))

describe('an agent', () => {
  it('says in one line that it is up, serves, and stops cleanly on SIGTERM', async () => {
    const cli = new RunningCli(['agent', '--node-id', 'node-1', ...local])
    running.push(cli)
    const line = await cli.firstLine()
    const [, mesh, url] = /^configsync agent node-1 of cluster default: mesh on (\S+), HTTP on (\S+)$/.exec(line) ?? []
    expect(mesh).toMatch(/^127\.0\.0\.1:\d+$/)
    await eventually('it is ready', async () => (await call(url!, 'GET', '/readyz')).status === 200)
    expect((await call(url!, 'PUT', '/v1/config/a/b', { value: 1 })).status).toBe(200)
    cli.kill('SIGTERM')
    expect(await cli.ended()).toBe(0)
    expect(cli.stdout()).toBe(`${line}\n`)
    const events = logLines(cli).map(({ event }) => String(event))
    expect(events).toContain('config.changed')
    expect(events.filter((event) => event.startsWith('agent.')).slice(-2)).toEqual(['agent.stopping', 'agent.stopped'])
  })

  it('stops on SIGINT with an open watch and an idle connection', async () => {
    const { cli, ready } = await start('node-1')
    const watch = await fetch(`${ready.http}/v1/watch`)
    cli.kill('SIGINT')
    expect(await cli.ended()).toBe(0)
    await watch.body!.cancel().catch(() => undefined)
  })

  it('two find each other, agree, and a clean stop is noticed at once', async () => {
    const a = await start('node-a')
    const b = await start('node-b', '--join', a.ready.mesh)
    await eventually('both are members', async () => (await a.call('GET', '/v1/nodes')).body.nodes.length === 2)
    await b.call('PUT', '/v1/config/mesh/x', { value: { from: 'b' } })
    await eventually('a has it', async () => (await a.call('GET', '/v1/config/mesh/x')).body.value?.from === 'b')
    b.cli.kill('SIGTERM')
    expect(await b.cli.ended()).toBe(0)
    await eventually('b is no member', async () => (await a.call('GET', '/v1/nodes')).body.nodes.length === 1)
  })

  it('runs on when nobody answers --join, says so, and joins when somebody does', async () => {
    const address = await occupiedPort()
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
    const { cli, call: callAgent } = await start('node-1', '--join', address)
    await eventually('it says so', () => logLines(cli).some(({ code }) => code === 'PEER_UNREACHABLE'))
    expect((await callAgent('PUT', '/v1/config/a/b', { value: 1 })).status).toBe(200)
    const second = new RunningCli([
      'agent',
      '--node-id',
      'node-2',
      '--listen',
      address,
      '--http',
      '127.0.0.1:0',
      '--preset',
      'test',
    ])
    running.push(second)
    await second.firstLine()
    await eventually('they are joined', async () => (await callAgent('GET', '/v1/nodes')).body.nodes.length === 2)
  })

  it('is not ready where every member turns it away, says who and why, and gets in when the other of its name is gone', async () => {
    const first = await start('node-1')
    const member = await start('node-2', '--join', first.ready.mesh)
    await eventually('both are members', async () => (await member.call('GET', '/v1/nodes')).body.nodes.length === 2)
    const twin = await start('node-1', '--join', first.ready.mesh, '--join', member.ready.mesh)
    const readiness = () => twin.call('GET', '/readyz')
    await eventually('it is turned away', async () => (await readiness()).body.detail.startsWith('turned away by'))
    const { status, body } = await readiness()
    expect([status, body.ready]).toEqual([503, false])
    // By its address alone where its refusal came before its hello.
    expect(body.detail).toMatch(
      /^turned away by (\S+ \(\S+:\d+\)|\S+:\d+): NODE_DUPLICATE, another live run .+ node-1\. Another live process/,
    )
    const told = (await twin.call('GET', '/v1/status')).body
    expect(told).toMatchObject({ ready: false, coordinator: null, turnedAway: { code: 'NODE_DUPLICATE' } })
    const { stdout } = await runCli(['status', '--http', twin.ready.http])
    expect(stdout).toMatch(
      /not ready: turned away\n(.*\n)*turned away +by \S+ .*NODE_DUPLICATE.*\nwhat to do +Another live process/,
    )
    expect((await runCli(['top', '--once', '--http', twin.ready.http])).stdout).toContain('○ not ready: turned away')
    expect(await (await fetch(`${twin.ready.http}/metrics`)).text()).toContain('_turned_away 1\n')
    expect((await twin.call('PUT', '/v1/config/a/b', { value: 'kept' })).status).toBe(200)
    expect((await member.call('GET', '/readyz')).status).toBe(200)
    first.cli.kill('SIGKILL')
    await eventually('it is taken in', async () => (await readiness()).status === 200, 20_000)
    await eventually('its write is in', async () => (await member.call('GET', '/v1/config/a/b')).body.value === 'kept')
    expect((await twin.call('GET', '/v1/status')).body).toMatchObject({ ready: true, turnedAway: null })
    expect((await twin.call('GET', '/v1/nodes')).body.nodes).toHaveLength(2)
  })

  it('is not disturbed by garbage on its mesh port', async () => {
    const { cli, ready, call: callAgent } = await start('node-1')
    const [host, port] = ready.mesh.split(':')
    const socket = connect(Number(port), host)
    const closed = new Promise((resolve) => socket.on('close', resolve).on('error', () => {}))
    socket.resume().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100))
    await closed
    await eventually('it says so', () => logLines(cli).some(({ code }) => code === 'FRAME_MALFORMED'))
    expect((await callAgent('PUT', '/v1/config/a/b', { value: 1 })).status).toBe(200)
  })

  it('reads declarations, and holds writes to them', async () => {
    const schema = join(folder, 'schema.json')
    writeFileSync(schema, JSON.stringify({ 'pool.size': { schema: { type: 'integer', minimum: 1 }, default: 4 } }))
    const { call: callAgent } = await start('node-1', '--schema', schema)
    expect((await callAgent('GET', '/v1/config/pool/size')).body).toMatchObject({
      value: 4,
      source: 'default',
      update: null,
      siblings: [],
    })
    const refused = await callAgent('PUT', '/v1/config/pool/size', { value: 0 })
    expect([refused.status, refused.body.code]).toEqual([422, 'VALUE_INVALID'])
    const undeclared = await callAgent('PUT', '/v1/config/pool/sise', { value: 1 })
    expect([undeclared.status, undeclared.body.code]).toEqual([422, 'PARAMETER_UNDECLARED'])
    expect((await callAgent('PUT', '/v1/config/pool/size', { value: 8 })).status).toBe(200)
  })

  it('joins over TLS whoever has a certificate of its authority, and nobody else', async () => {
    const a = await start('node-a', '--cluster', 'tls', ...(await certificateFlags('node-a')))
    const b = await start('node-b', '--cluster', 'tls', '--join', a.ready.mesh, ...(await certificateFlags('node-b')))
    const c = await start(
      'node-c',
      '--cluster',
      'tls',
      '--join',
      a.ready.mesh,
      ...(await certificateFlags('node-c', 'other')),
    )
    await eventually('a and b are members', async () => (await a.call('GET', '/v1/nodes')).body.nodes.length === 2)
    await b.call('PUT', '/v1/config/a/b', { value: 'secret' })
    await eventually('a has it', async () => (await a.call('GET', '/v1/config/a/b')).body.value === 'secret')
    for (const { cli } of [a, c])
      await eventually('both sides say why', () => logLines(cli).some(({ code }) => code === 'CERTIFICATE_INVALID'))
    expect((await c.call('GET', '/v1/nodes')).body.nodes).toHaveLength(1)
    expect((await c.call('GET', '/v1/config/a/b')).status).toBe(404)
  })

  it('wants its token', async () => {
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, 'correct-horse-battery\n', { mode: 0o600 })
    const { ready } = await start('node-1', '--http-token-file', tokenFile)
    expect((await call(ready.http, 'GET', '/v1/config')).body).toMatchObject({ code: 'TOKEN_REQUIRED' })
    const headers = { authorization: 'Bearer correct-horse-battery' }
    expect((await fetch(`${ready.http}/v1/config`, { headers })).status).toBe(200)
  })
})

describe('an agent that cannot start says why and leaves nothing behind', () => {
  const refused = async (...flags: string[]) => {
    const { exitCode, stdout, stderr } = await runCli(['agent', '--node-id', 'node-1', ...flags])
    expect(stdout).toBe('')
    expect(stderr).not.toMatch(/\.ts:\d+/)
    return { exitCode, stderr }
  }

  it('HTTP port taken', async () => {
    const address = await occupiedPort()
    const { exitCode, stderr } = await refused('--listen', '127.0.0.1:0', '--http', address)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('PORT_TAKEN')
    expect(stderr).toContain(address)
  })

  it('mesh port taken', async () => {
    const address = await occupiedPort()
    const { exitCode, stderr } = await refused('--listen', address, '--http', '127.0.0.1:0')
    expect(exitCode).toBe(1)
    expect(stderr).toContain('PORT_TAKEN')
    expect(stderr).toContain(address)
  })

  it.each([
    ['TOKEN_REQUIRED', ['--listen', '127.0.0.1:0', '--http', '0.0.0.0:0']],
    ['CERTIFICATE_REQUIRED', ['--listen', '0.0.0.0:0', '--http', '127.0.0.1:0']],
    ['SETTING_INVALID', ['--listen', 'nowhere']],
    ['SETTING_INVALID', ['--mesh', 'nats']],
    ['SETTING_INVALID', ['--http-token-file', '/nonexistent/token']],
    ['SETTING_INVALID', ['--schema', '/nonexistent/schema.json']],
  ])('%s for %j', async (code, flags) => {
    const { exitCode, stderr } = await refused(...flags)
    expect(exitCode).toBeGreaterThan(0)
    expect(stderr).toContain(code)
  })

  it('a schema with a mistake', async () => {
    const schema = join(folder, 'wrong.json')
    writeFileSync(schema, JSON.stringify({ 'pool.size': { schema: { type: 'integer' }, default: 'four' } }))
    const { stderr } = await refused('--schema', schema, ...local)
    expect(stderr).toContain('SCHEMA_INVALID')
    expect(stderr).toContain('pool.size')
  })

  it('objectives with a mistake', async () => {
    const tuner = join(folder, 'wrong-objectives.json')
    const goals = [{ metric: 'job_ms', p95AtMost: 200 }]
    writeFileSync(tuner, JSON.stringify({ objectives: [{ name: 'pool', parameters: ['pool.sise'], goals }] }))
    const { exitCode, stderr } = await refused('--tuner', tuner, ...local)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('OBJECTIVE_INVALID: objective pool: pool.sise is not declared with tune bounds')
    expect(stderr).toContain('Correct the objective of the tuner')
  })

  it('a data folder whose parent is not there', async () => {
    const { exitCode, stderr } = await refused('--data', join(folder, 'missing', 'data'), ...local)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('STORE_UNAVAILABLE')
  })
})
