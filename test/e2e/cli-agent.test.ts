import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningCli, runCli, startAgent } from '../support/processes.ts'
import { root } from '../unit/tidy/sources.ts'

const LOCAL = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--ephemeral']
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'configsync-e2e-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('configsync agent', () => {
  it('says in a line that it is up, and stops cleanly', async () => {
    const agent = new RunningCli(['agent', '--node-id', 'a', ...LOCAL])
    try {
      expect(await agent.firstLine()).toMatch(
        /^configsync agent a of cluster default: mesh on 127\.0\.0\.1:\d+, HTTP on http:\/\/127\.0\.0\.1:\d+$/,
      )
    } finally {
      expect(await agent.stop()).toBe(0)
    }
  })

  it('ends with whoever started it and holds its channel', async () => {
    const { cli } = await startAgent(['--node-id', 'a', ...LOCAL])
    cli.disconnect()
    expect(await cli.ended()).toBe(0)
  })

  it.each([
    [['--listen', '127.0.0.1:0'], /node-id/],
    [['--node-id', 'no spaces'], /NODE_ID_INVALID/],
    [['--node-id', 'a', '--listen', 'nowhere'], /SETTING_INVALID: --listen: "nowhere"/],
    [['--node-id', 'a', '--mesh', 'tsl'], /did you mean tls\?/],
    [['--node-id', 'a', '--dat', './a'], /unknown option '--dat'/],
    [['--node-id', 'a', 'stray'], /too many arguments/],
  ])('%j is wrong usage, exit code 2', async (words, message) => {
    const { exitCode, stdout, stderr } = await runCli(['agent', ...words])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  it('is asked with a token where it wants one', async () => {
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, 'a-secret-of-some-length\n', { mode: 0o600 })
    const { cli, ready } = await startAgent(['--node-id', 'a', ...LOCAL, '--http-token-file', tokenFile])
    try {
      const without = await runCli(['get', '--http', ready.http])
      expect(without).toMatchObject({ exitCode: 1, stdout: '' })
      expect(without.stderr).toMatch(/^TOKEN_REQUIRED: /)
      expect(await runCli(['set', 'a.b', '1', '--http', ready.http, '--token-file', tokenFile])).toMatchObject({
        exitCode: 0,
      })
      const env = { CONFIGSYNC_HTTP: ready.http, CONFIGSYNC_TOKEN_FILE: tokenFile }
      expect(await runCli(['get', 'a.b'], { env })).toMatchObject({ exitCode: 0, stdout: '1\n' })
    } finally {
      await cli.stop()
    }
  })
})

describe('the examples', () => {
  it('library.ts runs two nodes in one process, in memory and over TLS', async () => {
    const words = ['--conditions=source', '--no-warnings', join(root, 'examples/library.ts')]
    const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 60_000 })
    const story = [
      'tool_proxy.default_call_limit: 25 → 40 (by node-a: load test)',
      expect.stringContaining('union made'),
      'denied: format_disk, send_mail',
      expect.stringMatching(/^VALUE_INVALID: mesh\.batch_size_limit/),
    ]
    expect(stdout.trim().split('\n')).toEqual(['In memory', ...story, 'Over mutual TLS', ...story])
  })

  it('agent.json and schema.json run an agent that refuses what is not declared', async () => {
    const settings = join(root, 'examples/agent.json')
    const { cli, ready } = await startAgent([
      '--config',
      settings,
      '--listen',
      '127.0.0.1:0',
      '--http',
      '127.0.0.1:0',
      '--join',
      '127.0.0.1:1',
    ])
    const ask = (...words: string[]) => runCli([...words, '--http', ready.http])
    try {
      expect(ready.nodeId).toBe('node-1')
      expect(await ask('get', 'recovery.max_consecutive_recoveries')).toMatchObject({ stdout: '3\n' })
      expect((await ask('set', 'recovery.max_consecutive_recoveries', 'many')).stderr).toMatch(/^VALUE_INVALID: /)
      expect((await ask('set', 'recovery.undeclared', '1')).stderr).toMatch(/^PARAMETER_UNDECLARED: /)
      expect(await ask('import', join(root, 'examples/oppie.json'))).toMatchObject({ exitCode: 0 })
      expect(await ask('get', 'inference.model', '--raw')).toMatchObject({ stdout: 'oppie-7b\n' })
    } finally {
      await cli.stop()
    }
  })
})

describe('configsync cert', () => {
  const cert = (...words: string[]) => runCli(['cert', ...words, '--dir', join(folder, 'certs'), '--json'])

  it('revokes a node: a running agent shuts it out as soon as the list is in its data folder', async () => {
    const dir = join(folder, 'revoking')
    const run = async (...words: string[]) =>
      JSON.parse((await runCli(['cert', ...words, '--dir', dir, '--json'])).stdout)
    await run('init', '--cluster', 'prod')
    const names = ['node-1', 'node-2']
    const issued = [await run('issue', 'node-1'), await run('issue', 'node-2')]
    const replaced = new X509Certificate(readFileSync(issued[1].cert)).serialNumber.toLowerCase()
    await run('issue', 'node-2', '--force')
    const data = join(folder, 'revoking-data')
    const start = (index: number, ...more: string[]) =>
      startAgent([
        ...['--node-id', names[index]!, '--cluster', 'prod', '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'],
        ...['--tls-cert', issued[index].cert, '--tls-key', issued[index].key, '--tls-ca', issued[index].ca, ...more],
      ])
    const agents = [await start(0, '--data', data)]
    try {
      agents.push(await start(1, '--join', agents[0]!.ready.mesh))
      const metric = async (name: string, { ready }: (typeof agents)[number]) =>
        (await (await fetch(`${ready.http}/metrics`)).text()).split('\n').find((line) => line.startsWith(name))
      for (const agent of agents)
        await expect.poll(() => metric('configsync_members ', agent), { timeout: 20_000 }).toBe('configsync_members 2')
      const revoked = await run('revoke', 'node-2', '--reason', 'key-compromise')
      expect(revoked.serials).toHaveLength(2)
      expect(revoked.serials).toContain(replaced)
      copyFileSync(revoked.list, join(data, 'revoked.crl'))
      for (const agent of agents)
        await expect
          .poll(() => metric('configsync_rejected_total{code="CERTIFICATE_REVOKED"', agent), { timeout: 20_000 })
          .toBeDefined()
    } finally {
      await Promise.all(agents.map(({ cli }) => cli.stop()))
    }
  })

  it('revokes by serial number what it has no file of, and says when it knows none', async () => {
    const dir = join(folder, 'serials')
    await runCli(['cert', 'init', '--cluster', 'prod', '--dir', dir])
    const revoke = (...words: string[]) => runCli(['cert', 'revoke', 'node-9', '--dir', dir, ...words])
    expect(await revoke()).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^CERTIFICATE_INVALID: .*--serial/),
    })
    expect(await revoke('--serial', 'xyz')).toMatchObject({ exitCode: 2 })
    expect(await revoke('--serial', '0A1B', 'ff')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('revoked 2 certificates of node-9'),
    })
  })

  it('makes an authority and certificates with which an agent runs, and replaces nothing by accident', async () => {
    expect(await cert('init', '--cluster', 'prod')).toMatchObject({ exitCode: 0 })
    const issued = JSON.parse((await cert('issue', 'node-1', '--host', 'localhost', '--days', '30')).stdout)
    expect(issued).toMatchObject({ cluster: 'prod', nodeId: 'node-1' })
    for (const words of [
      ['init', '--cluster', 'prod'],
      ['issue', 'node-1'],
    ]) {
      const refused = await cert(...words)
      expect({ exitCode: refused.exitCode, ...JSON.parse(refused.stderr) }).toMatchObject({
        exitCode: 1,
        error: { code: 'FILE_EXISTS' },
      })
    }
    expect(await cert('issue', 'node-1', '--force')).toMatchObject({ exitCode: 0 })
    const files = ['--tls-cert', issued.cert, '--tls-key', issued.key, '--tls-ca', issued.ca]
    const { cli } = await startAgent(['--node-id', 'node-1', '--cluster', 'prod', ...LOCAL, ...files])
    expect(await cli.stop()).toBe(0)
  })

  it.each([
    [['issue', 'no spaces'], 2, 'NODE_ID_INVALID'],
    [['init', '--cluster', 'no spaces', '--force'], 2, 'SETTING_INVALID'],
  ])('%j is refused', async (words, exitCode, code) => {
    const refused = await cert(...words)
    expect({ exitCode: refused.exitCode, ...JSON.parse(refused.stderr) }).toMatchObject({ exitCode, error: { code } })
  })

  it('issues nothing without an authority', async () => {
    const { exitCode, stderr } = await runCli(['cert', 'issue', 'a', '--dir', join(folder, 'nothing')])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^CERTIFICATE_INVALID: /)
  })
})
