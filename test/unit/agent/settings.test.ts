import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type AgentFlags, type Environment, settleSettings } from '#agent/settings'
import { AGENT_SETTINGS, environmentName, flagKey } from '#agent/settings-table'

const folder = mkdtempSync(join(tmpdir(), 'configsync-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function settingsFile(content: unknown): string {
  const path = join(folder, `agent-${files++}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const settle = (flags: AgentFlags, environment: Environment = {}) =>
  settleSettings({ nodeId: 'node-1', ...flags }, environment)
const invalid = (detail: RegExp, code = 'SETTING_INVALID') =>
  expect.objectContaining({ code, detail: expect.stringMatching(detail) })

describe('where a setting comes from', () => {
  it('has defaults for all but the name of the node', () => {
    expect(settle({})).toEqual({
      nodeId: 'node-1',
      cluster: 'default',
      listen: { host: '127.0.0.1', port: 4101 },
      join: [],
      advertise: undefined,
      http: { host: '127.0.0.1', port: 7101 },
      httpTokenFile: undefined,
      certificates: undefined,
      data: undefined,
      schema: undefined,
      tuner: undefined,
      preset: 'lan',
      logLevel: 'info',
      clockOffsetMs: 0,
      json: false,
    })
    expect(() => settleSettings({}, {})).toThrow(invalid(/^--node-id: /))
  })

  it('flag beats environment beats file', () => {
    const config = settingsFile({ 'node-id': 'file', cluster: 'file', http: '127.0.0.1:1' })
    const environment = { CONFIGSYNC_CLUSTER: 'environment', CONFIGSYNC_HTTP: '127.0.0.1:2', CONFIGSYNC_CONFIG: config }
    const settings = settleSettings({ http: '127.0.0.1:3' }, environment)
    expect([settings.nodeId, settings.cluster, settings.http.port]).toEqual(['file', 'environment', 3])
  })

  it('takes lists from each place, and the whole list from one of them', () => {
    const config = settingsFile({ join: ['a:1', 'b:2'] })
    const ports = (flags: AgentFlags, environment: Environment = {}) =>
      settle(flags, environment).join.map(({ port }) => port)
    expect(ports({ config })).toEqual([1, 2])
    expect(ports({ config }, { CONFIGSYNC_JOIN: 'c:3, d:4' })).toEqual([3, 4])
    expect(ports({ config, join: ['e:5'] }, { CONFIGSYNC_JOIN: 'c:3' })).toEqual([5])
    expect(ports({ config, join: [] })).toEqual([1, 2])
    expect(ports({ config: settingsFile({ join: 'f:6' }) })).toEqual([6])
  })

  it('an empty variable counts as none', () => {
    expect(settle({}, { CONFIGSYNC_CLUSTER: '' }).cluster).toBe('default')
  })

  it('reads paths of a file from beside it, others from the working directory', () => {
    const config = settingsFile({ schema: 'schema.json', tuner: 'tuner.json' })
    expect(settle({ config }).schema).toBe(join(folder, 'schema.json'))
    expect(settle({ config }).tuner).toBe(join(folder, 'tuner.json'))
    expect(settle({ schema: 'schema.json' }).schema).toBe(resolve('schema.json'))
  })

  it('every setting has a flag, a variable and, if it is one for a file, a key', () => {
    const values: Record<string, string> = {
      'node-id': 'n',
      cluster: 'c',
      listen: '127.0.0.1:1',
      join: '127.0.0.1:2',
      advertise: '127.0.0.1:3',
      http: '127.0.0.1:4',
      'http-token-file': '/token',
      data: '/data',
      durability: 'disk',
      'reset-store': 'true',
      ephemeral: 'false',
      mesh: 'tls',
      'tls-crl': settingsFile('a list'),
      'tls-cert': '/cert',
      'tls-key': '/key',
      'tls-ca': '/ca',
      schema: '/schema',
      tuner: '/tuner',
      preset: 'wan',
      'log-level': 'debug',
      'clock-offset-ms': '-31536000000',
      json: 'true',
      config: settingsFile({}),
    }
    expect(Object.keys(values).toSorted()).toEqual(AGENT_SETTINGS.map(({ name }) => name).toSorted())
    const value = (name: string) => ({ true: true, false: false })[values[name]!] ?? values[name]
    const flags = Object.fromEntries(AGENT_SETTINGS.map(({ name }) => [flagKey(name), value(name)])) as AgentFlags
    const environment = Object.fromEntries(AGENT_SETTINGS.map(({ name }) => [environmentName(name), values[name]]))
    const inFile = AGENT_SETTINGS.filter(({ notInFile }) => !notInFile)
    const file = settingsFile(Object.fromEntries(inFile.map(({ name }) => [name, value(name)])))
    const fromFlags = settleSettings(flags, {})
    expect(fromFlags).toMatchObject({
      nodeId: 'n',
      advertise: { port: 3 },
      preset: 'wan',
      logLevel: 'debug',
      clockOffsetMs: -31_536_000_000,
      json: true,
    })
    expect(settleSettings({}, environment)).toEqual(fromFlags)
    expect(settleSettings({ config: file, json: true, resetStore: true }, {})).toEqual(fromFlags)
  })
})

describe('the data folder', () => {
  it('is where --data says, and without it nothing is kept', () => {
    expect(settle({}).data).toBeUndefined()
    expect(settle({ ephemeral: true }).data).toBeUndefined()
    expect(settle({ data: 'node' }).data).toEqual({ path: resolve('node'), durability: 'process', reset: false })
    expect(settle({ config: settingsFile({ data: 'node', durability: 'disk' }) }).data).toMatchObject({
      path: join(folder, 'node'),
      durability: 'disk',
    })
  })

  it.each([
    [{ data: 'node', ephemeral: true }, /contradicts/],
    [{ resetStore: true }, /^--reset-store: needs --data/],
    [{ durability: 'disk' }, /^--durability: needs --data/],
  ])('%j contradicts itself', (flags, detail) => {
    expect(() => settle(flags)).toThrow(invalid(detail))
  })
})

describe('the list of revoked certificates', () => {
  const certificates = { tlsCert: '/cert', tlsKey: '/key', tlsCa: '/ca' }

  it('is where --tls-crl says, else in the data folder, where it need not be yet', () => {
    const list = settingsFile('a list')
    expect(settle({ ...certificates, tlsCrl: list, data: 'node' }).certificates).toMatchObject({ crl: list })
    expect(settle({ ...certificates, data: 'node' }).certificates).toMatchObject({ crl: resolve('node/revoked.crl') })
    expect(settle(certificates).certificates).toEqual({ cert: '/cert', key: '/key', ca: '/ca' })
  })

  it('is refused where a wrong path would let everybody in, and without certificates', () => {
    const nowhere = { ...certificates, tlsCrl: join(folder, 'nowhere.crl') }
    expect(() => settle(nowhere)).toThrow(invalid(/^--tls-crl: there is no .*nowhere\.crl/))
    expect(() => settle({ tlsCrl: settingsFile('a list') })).toThrow(invalid(/^--tls-cert, --tls-key, --tls-ca: is/))
  })
})

describe('what is refused', () => {
  it('an unknown key of the file, suggesting the nearest', () => {
    expect(() => settle({ config: settingsFile({ node_id: 'x' }) })).toThrow(
      invalid(/"node_id" is no setting; did you mean "node-id"\?/),
    )
    expect(() => settle({ config: settingsFile({ wombat: 'x' }) })).toThrow(
      invalid(/"wombat" is no setting; there are node-id, cluster/),
    )
    expect(() => settle({ config: settingsFile({ 'reset-store': true }) })).toThrow(
      invalid(/"reset-store" is no setting/),
    )
    expect(() => settle({ config: settingsFile({ json: true }) })).toThrow(invalid(/"json" is no setting/))
  })

  it('a file that is not there, no JSON, or no object', () => {
    expect(() => settle({ config: join(folder, 'none.json') })).toThrow(invalid(/none\.json: ENOENT/))
    expect(() => settle({ config: settingsFile('{') })).toThrow(invalid(/settings file .*JSON/))
    expect(() => settle({ config: settingsFile([]) })).toThrow(invalid(/must be a JSON object/))
  })

  it.each<[AgentFlags, Environment, RegExp]>([
    [{ listen: '127.0.0.1' }, {}, /^--listen: "127\.0\.0\.1" is no address/],
    [{ listen: '127.0.0.1:99999' }, {}, /^--listen: /],
    [{ http: ':7101' }, {}, /^--http: ":7101"/],
    [{ http: 'http://127.0.0.1:1' }, {}, /^--http: /],
    [{ http: '::1:80' }, {}, /^--http: /],
    [{ join: ['a:1', 'b:0'] }, {}, /^--join: "b:0"/],
    [{}, { CONFIGSYNC_JOIN: 'a:1,,b:2' }, /^CONFIGSYNC_JOIN: /],
    [{ advertise: 'a:0' }, {}, /^--advertise: /],
    [{ mesh: 'libp2p' }, {}, /^--mesh: "libp2p" is none of tls/],
    [{ logLevel: 'inof' }, {}, /^--log-level: "inof" .* did you mean info\?/],
    [{ clockOffsetMs: '1.5' }, {}, /^--clock-offset-ms: must be a whole number, not "1.5"/],
    [{}, { CONFIGSYNC_CLOCK_OFFSET_MS: 'a year' }, /^CONFIGSYNC_CLOCK_OFFSET_MS: must be a whole number/],
    [{}, { CONFIGSYNC_PRESET: 'moon' }, /^CONFIGSYNC_PRESET: "moon" is none of lan, wan, test/],
    [{}, { CONFIGSYNC_EPHEMERAL: 'maybe' }, /^CONFIGSYNC_EPHEMERAL: must be true or false/],
    [{ cluster: 'a b' }, {}, /^--cluster: "a b"/],
    [{ tlsCert: 'a.pem' }, {}, /^--tls-key, --tls-ca: is missing/],
  ])('%j %j', (flags, environment, detail) => {
    expect(() => settle(flags, environment)).toThrow(invalid(detail))
  })

  it('a value of the wrong kind in the file, naming key and file', () => {
    expect(() => settle({ config: settingsFile({ cluster: 7 }) })).toThrow(
      invalid(/^"cluster" in settings file .*: must be a text, not 7/),
    )
    expect(() => settle({ config: settingsFile({ join: [7] }) })).toThrow(invalid(/^"join" in settings file/))
    expect(() => settle({ config: settingsFile({ ephemeral: 'yes' }) })).toThrow(invalid(/^"ephemeral" in/))
  })

  it('a name of a node that is none', () => {
    expect(() => settle({ nodeId: 'node 1' })).toThrow(invalid(/^--node-id: "node 1"/, 'NODE_ID_INVALID'))
  })
})

it('reads IPv6 addresses in brackets', () => {
  expect(settle({ listen: '[::1]:4101' }).listen).toEqual({ host: '::1', port: 4101 })
})
