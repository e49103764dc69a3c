import type { Preset } from '#node/settings'
import { LOG_LEVELS } from '#observe/log-levels'
import type { Durability } from '#store/sqlite/index'

export type SettingKind = 'text' | 'path' | 'address' | 'flag' | 'choice' | 'integer'

/** One setting of the agent: a flag, an environment variable and a key of the settings file, all of one name. */
export interface AgentSetting {
  /** `node-id`: the flag is `--node-id`, the variable CONFIGSYNC_NODE_ID, the key of the file `node-id` */
  readonly name: string
  readonly kind: SettingKind
  readonly description: string
  /** what the flag's argument is called in the help; undefined for a flag without one */
  readonly argument: string | undefined
  /** may be given several times: an array in the file, separated by commas in the environment */
  readonly repeatable?: boolean
  readonly choices?: readonly string[]
  readonly default?: string
  /** names where the others are found, or how the result is printed: no key of the file */
  readonly notInFile?: boolean
}

const PRESET_NAMES = ['lan', 'wan', 'test'] as const satisfies readonly Preset[]
const DURABILITIES = ['process', 'disk'] as const satisfies readonly Durability[]
const MESH_NAMES = ['tls'] as const

/** All settings of the agent, in the order of the help. */
export const AGENT_SETTINGS: readonly AgentSetting[] = [
  {
    name: 'config',
    kind: 'path',
    argument: 'file',
    description: 'settings file (JSON); flags and environment beat it',
    notInFile: true,
  },
  {
    name: 'node-id',
    kind: 'text',
    argument: 'name',
    description: 'name of this node, unlike every other in the cluster',
  },
  {
    name: 'cluster',
    kind: 'text',
    argument: 'name',
    description: 'nodes of one cluster share their configuration',
    default: 'default',
  },
  {
    name: 'listen',
    kind: 'address',
    argument: 'host:port',
    description: 'where other nodes connect; port 0 takes any that is free',
    default: '127.0.0.1:4101',
  },
  {
    name: 'join',
    kind: 'address',
    argument: 'host:port',
    description: 'a member to connect to; may be repeated',
    repeatable: true,
  },
  {
    name: 'advertise',
    kind: 'address',
    argument: 'host:port',
    description: 'where others reach this node, if not where it listens',
  },
  {
    name: 'http',
    kind: 'address',
    argument: 'host:port',
    description: 'where the HTTP API listens',
    default: '127.0.0.1:7101',
  },
  {
    name: 'http-token-file',
    kind: 'path',
    argument: 'file',
    description: 'token of the HTTP API; needed beyond loopback',
  },
  {
    name: 'data',
    kind: 'path',
    argument: 'folder',
    description: 'keep the state of this node there; without it nothing is kept over a restart',
  },
  {
    name: 'durability',
    kind: 'choice',
    argument: 'what',
    description: 'what an acknowledged write survives: process (a kill), disk (a power cut too)',
    choices: DURABILITIES,
    default: 'process',
  },
  {
    name: 'reset-store',
    kind: 'flag',
    argument: undefined,
    description: 'set the store in the data folder aside and start empty',
    notInFile: true,
  },
  {
    name: 'ephemeral',
    kind: 'flag',
    argument: undefined,
    description: 'keep nothing on disk, and say so: what happens anyway without --data',
  },
  {
    name: 'mesh',
    kind: 'choice',
    argument: 'name',
    description: `how nodes are connected: ${MESH_NAMES.join(', ')}`,
    choices: MESH_NAMES,
    default: 'tls',
  },
  {
    name: 'tls-cert',
    kind: 'path',
    argument: 'file',
    description: 'certificate of this node; without one the mesh is loopback only',
  },
  { name: 'tls-key', kind: 'path', argument: 'file', description: 'its private key' },
  { name: 'tls-ca', kind: 'path', argument: 'file', description: 'certificate of the authority of the cluster' },
  {
    name: 'tls-crl',
    kind: 'path',
    argument: 'file',
    description: 'its list of revoked certificates; without it revoked.crl in the data folder, once that is there',
  },
  {
    name: 'schema',
    kind: 'path',
    argument: 'file',
    description: 'declared parameters (JSON Schema for each section.parameter)',
  },
  {
    name: 'tuner',
    kind: 'path',
    argument: 'file',
    description: 'objectives of the AutoTuner (JSON: goals, parameters, strategy)',
  },
  {
    name: 'preset',
    kind: 'choice',
    argument: 'name',
    description: `defaults of ConfigSync's own settings: ${PRESET_NAMES.join(', ')}`,
    choices: PRESET_NAMES,
    default: 'lan',
  },
  {
    name: 'log-level',
    kind: 'choice',
    argument: 'level',
    description: `${LOG_LEVELS.join(', ')}; logs go to stderr`,
    choices: LOG_LEVELS,
    default: 'info',
  },
  {
    name: 'clock-offset-ms',
    kind: 'integer',
    argument: 'ms',
    description: "for tests: run as if this machine's clock were wrong by so much",
    default: '0',
  },
  { name: 'json', kind: 'flag', argument: undefined, description: 'print the ready line as JSON', notInFile: true },
]

/** CONFIGSYNC_NODE_ID of `node-id`. */
export const environmentName = (name: string): string => `CONFIGSYNC_${name.toUpperCase().replaceAll('-', '_')}`

/** `nodeId` of `node-id`, as command line parsers name the value of a flag. */
export const flagKey = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
