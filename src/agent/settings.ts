import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ConfigSyncError } from '#core/errors'
import { isNodeId, type NodeId } from '#core/identity'
import { type Address, parseAddress } from '#mesh/tls/address'
import { isClusterName } from '#mesh/tls/identity'
import type { Preset } from '#node/settings'
import type { LogLevel } from '#observe/log-levels'
import type { Durability } from '#store/sqlite/index'
import { nearestName } from './nearest-name.ts'
import { AGENT_SETTINGS, type AgentSetting, environmentName, flagKey } from './settings-table.ts'

/** What an agent runs with: parsed, checked, defaults filled in. Paths are absolute. */
export interface AgentSettings {
  readonly nodeId: NodeId
  readonly cluster: string
  readonly listen: Address
  readonly join: readonly Address[]
  readonly advertise: Address | undefined
  readonly http: Address
  readonly httpTokenFile: string | undefined
  /** all three, or none */
  readonly certificates: CertificateFiles | undefined
  /** undefined: nothing is kept */
  readonly data: DataSettings | undefined
  readonly schema: string | undefined
  /** objectives of the AutoTuner, beside its own for delivery */
  readonly tuner: string | undefined
  readonly preset: Preset
  readonly logLevel: LogLevel
  /** milliseconds by which the clock is to be wrong */
  readonly clockOffsetMs: number
  readonly json: boolean
}

export interface CertificateFiles {
  readonly cert: string
  readonly key: string
  readonly ca: string
  /** the list of revoked certificates; one in the data folder need not be there yet */
  readonly crl?: string
}

export interface DataSettings {
  readonly path: string
  readonly durability: Durability
  /** set the store aside first */
  readonly reset: boolean
}

/** In the data folder. */
const REVOCATION_LIST = 'revoked.crl'

/** Flags as a command line parser gives them: `nodeId`, `join` as an array, `ephemeral` as true. Absent ones undefined. */
export type AgentFlags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>

export type Environment = Readonly<Record<string, string | undefined>>

/** A value and where it stands, so that a complaint names the place. */
interface Given {
  readonly value: unknown
  readonly place: string
  /** relative paths start here */
  readonly folder: string
}

/**
 * Settles every setting: flag beats environment beats settings file beats default. Relative paths in the file start at
 * the file's folder, elsewhere at the working directory.
 * @throws ConfigSyncError SETTING_INVALID, NODE_ID_INVALID; the detail names the place and what it found
 */
export function settleSettings(flags: AgentFlags, environment: Environment): AgentSettings {
  const cwd = process.cwd()
  const configPath = textOf(given('config', flags, environment, new Map(), cwd))
  const file = configPath === undefined ? new Map<string, Given>() : readSettingsFile(resolve(cwd, configPath))
  const find = (name: string): Given | undefined => given(name, flags, environment, file, cwd)

  const path = (name: string) => pathOf(find(name))
  const dialled = (name: string) => listOf(find(name)).map((one) => addressOf(one, 1)!)
  choiceOf('mesh', find('mesh'))
  const data = dataOf(find)
  return {
    nodeId: nodeIdOf(find('node-id')),
    cluster: clusterOf(find('cluster')),
    listen: addressOf(find('listen'), 0) ?? defaultAddress('listen'),
    join: dialled('join'),
    advertise: addressOf(find('advertise'), 1),
    http: addressOf(find('http'), 0) ?? defaultAddress('http'),
    httpTokenFile: path('http-token-file'),
    certificates: certificatesOf(path('tls-cert'), path('tls-key'), path('tls-ca'), find('tls-crl'), data?.path),
    data,
    schema: path('schema'),
    tuner: path('tuner'),
    preset: choiceOf('preset', find('preset')) as Preset,
    logLevel: choiceOf('log-level', find('log-level')) as LogLevel,
    clockOffsetMs: integerOf('clock-offset-ms', find('clock-offset-ms')),
    json: flagOf(find('json')),
  }
}

function given(
  name: string,
  flags: AgentFlags,
  environment: Environment,
  file: ReadonlyMap<string, Given>,
  cwd: string,
): Given | undefined {
  const flag = flags[flagKey(name)]
  const isGiven = Array.isArray(flag) ? flag.length > 0 : flag !== undefined
  if (isGiven) return { value: flag, place: `--${name}`, folder: cwd }
  const variable = environmentName(name)
  const text = environment[variable]
  if (text !== undefined && text !== '') return { value: fromEnvironment(name, text), place: variable, folder: cwd }
  return file.get(name)
}

function fromEnvironment(name: string, text: string): unknown {
  const setting = AGENT_SETTINGS.find((one) => one.name === name)
  if (setting?.repeatable) return text.split(',').map((part) => part.trim())
  return setting?.kind === 'flag' ? (BOOLEANS[text.toLowerCase()] ?? text) : text
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  1: true,
  true: true,
  yes: true,
  0: false,
  false: false,
  no: false,
}

/** The settings file: a JSON object whose keys are the names of the flags. */
function readSettingsFile(path: string): Map<string, Given> {
  const place = `settings file ${path}`
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new ConfigSyncError('SETTING_INVALID', `${place}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw invalid({ place }, 'must be a JSON object')
  for (const key of Object.keys(content)) refuseUnknownKey(key, place)
  const folder = dirname(path)
  return new Map(Object.entries(content).map(([key, value]) => [key, { value, place: `"${key}" in ${place}`, folder }]))
}

function refuseUnknownKey(key: string, place: string): void {
  const names = AGENT_SETTINGS.filter(({ notInFile }) => !notInFile).map(({ name }) => name)
  if (names.includes(key)) return
  const nearest = nearestName(key, names)
  throw invalid(
    { place },
    `"${key}" is no setting; ${nearest ? `did you mean "${nearest}"?` : `there are ${names.join(', ')}`}`,
  )
}

const invalid = ({ place }: { readonly place: string }, problem: string): ConfigSyncError =>
  new ConfigSyncError('SETTING_INVALID', `${place}: ${problem}`)

function textOf(from: Given | undefined): string | undefined {
  if (from === undefined) return undefined
  if (typeof from.value === 'string' && from.value !== '') return from.value
  throw invalid(from, `must be a text, not ${JSON.stringify(from.value)}`)
}

function pathOf(from: Given | undefined): string | undefined {
  const text = textOf(from)
  return text === undefined ? undefined : resolve(from!.folder, text)
}

function flagOf(from: Given | undefined): boolean {
  if (from === undefined || typeof from.value === 'boolean') return from?.value === true
  throw invalid(from, `must be true or false, not ${JSON.stringify(from.value)}`)
}

function listOf(from: Given | undefined): Given[] {
  if (from === undefined) return []
  return [from.value].flat().map((value) => ({ ...from, value }))
}

function addressOf(from: Given | undefined, portMin: number): Address | undefined {
  const text = textOf(from)
  if (text === undefined) return undefined
  const address = parseAddress(text)
  if (address && address.port >= portMin) return address
  throw invalid(from!, `"${text}" is no address; give host:port, for example 127.0.0.1:4101`)
}

const settingOf = (name: string): AgentSetting => AGENT_SETTINGS.find((setting) => setting.name === name)!
const defaultAddress = (name: string): Address => parseAddress(settingOf(name).default!)!

function choiceOf(name: string, from: Given | undefined): string {
  const { choices = [], default: otherwise } = settingOf(name)
  const text = textOf(from) ?? otherwise!
  if (choices.includes(text)) return text
  const nearest = nearestName(text, choices)
  throw invalid(from!, `"${text}" is none of ${choices.join(', ')}${nearest ? `; did you mean ${nearest}?` : ''}`)
}

/** A number in the file, its text elsewhere. */
function integerOf(name: string, from: Given | undefined): number {
  const value = from?.value ?? settingOf(name).default
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
  if (Number.isSafeInteger(number)) return number as number
  throw invalid(from!, `must be a whole number, not ${JSON.stringify(value)}`)
}

function nodeIdOf(from: Given | undefined): NodeId {
  const text = textOf(from)
  if (text === undefined) throw invalid({ place: '--node-id' }, 'every node needs a name of its own')
  if (isNodeId(text)) return text
  throw new ConfigSyncError('NODE_ID_INVALID', `${from!.place}: "${text}"`)
}

/** The cluster stands in certificates beside the nodeId, and so has its alphabet. */
function clusterOf(from: Given | undefined): string {
  const text = textOf(from) ?? settingOf('cluster').default!
  if (isClusterName(text)) return text
  throw invalid(
    from!,
    `"${text}" is no name of a cluster: 1 to 128 ASCII letters, digits, dots, underscores or hyphens`,
  )
}

function dataOf(find: (name: string) => Given | undefined): DataSettings | undefined {
  const path = pathOf(find('data'))
  const durability = choiceOf('durability', find('durability')) as Durability
  const reset = flagOf(find('reset-store'))
  const ephemeral = flagOf(find('ephemeral'))
  if (path !== undefined && ephemeral)
    throw invalid(find('ephemeral')!, 'contradicts the data folder; give one of both')
  if (path !== undefined) return { path, durability, reset }
  if (reset) throw invalid(find('reset-store')!, 'needs --data: it is the store there that is set aside')
  if (durability === 'disk') throw invalid(find('durability')!, 'needs --data: without it nothing is kept')
  return undefined
}

function certificatesOf(
  cert: string | undefined,
  key: string | undefined,
  ca: string | undefined,
  list: Given | undefined,
  dataFolder: string | undefined,
): CertificateFiles | undefined {
  const files = { 'tls-cert': cert, 'tls-key': key, 'tls-ca': ca }
  if (cert !== undefined && key !== undefined && ca !== undefined)
    return { cert, key, ca, ...revocationList(list, dataFolder) }
  const absent = Object.entries(files).filter(([, path]) => path === undefined)
  if (absent.length === Object.keys(files).length && list === undefined) return undefined
  throw invalid(
    { place: absent.map(([name]) => `--${name}`).join(', ') },
    'is missing: certificates need --tls-cert, --tls-key and --tls-ca',
  )
}

/** A list that is named is there: a wrong path would let everybody in. */
function revocationList(list: Given | undefined, dataFolder: string | undefined): Pick<CertificateFiles, 'crl'> {
  const named = pathOf(list)
  if (named !== undefined && !existsSync(named)) throw invalid(list!, `there is no ${named}`)
  if (named !== undefined) return { crl: named }
  return dataFolder === undefined ? {} : { crl: join(dataFolder, REVOCATION_LIST) }
}
