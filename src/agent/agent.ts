import type { Logger } from 'pino'
import { ConfigSyncError } from '#core/errors'
import { formatAddress } from '#mesh/tls/address'
import { TlsMesh } from '#mesh/tls/index'
import type { ConfigSync } from '#node/api'
import type { Declarations } from '#node/declarations'
import { declarationsFromJson } from '#node/json-schema'
import { ConfigSyncManager } from '#node/manager'
import type { LogFeed } from '#observe/log-feed'
import { logEvents } from '#observe/logging'
import { Metrics } from '#observe/metrics'
import { openTelemetry } from '#observe/otel'
import { logTuner } from '#observe/tuner-logging'
import type { Store } from '#store/store'
import { AutoTuner } from '#tuner/auto-tuner'
import { HttpServer } from './http/server.ts'
import { readTextFile, readToken } from './secret.ts'
import type { AgentSettings } from './settings.ts'
import { readObjectives } from './tuner-file.ts'

/** One node with its mesh and its HTTP API. */
export interface Agent {
  readonly nodeId: string
  readonly runId: string
  readonly cluster: string
  /** where other nodes reach it */
  readonly meshAddress: string
  /** `http://host:port` */
  readonly httpUrl: string
  readonly sync: ConfigSync
  readonly tuner: AutoTuner
  /** Leaves the mesh and closes everything, in an order that loses nothing. May be called again. */
  stop(): Promise<void>
}

/**
 * Starts an agent and resolves when peers and clients can reach it; it waits for no peer.
 * @throws ConfigSyncError PORT_TAKEN, LISTEN_FAILED, TOKEN_REQUIRED, SETTING_INVALID, SCHEMA_INVALID,
 * OBJECTIVE_INVALID, CERTIFICATE_REQUIRED, CERTIFICATE_INVALID, and of the store STORE_CORRUPT and the others; nothing is left open then
 */
export async function startAgent(settings: AgentSettings, logger: Logger, logs: LogFeed): Promise<Agent> {
  const token = settings.httpTokenFile === undefined ? undefined : readToken(settings.httpTokenFile)
  // Files first: what cannot be read leaves the store alone.
  const parameters = settings.schema === undefined ? undefined : readDeclarations(settings.schema)
  const objectives = settings.tuner === undefined ? [] : readObjectives(settings.tuner)
  const sync = createNode(settings, parameters, await openStore(settings, logger))
  const tuner = new AutoTuner({ configSyncManager: sync, objectives })
  const metrics = new Metrics(sync, tuner)
  const http = new HttpServer({ sync, tuner, ...settings.http, token, logger, logs, metricsText: () => metrics.text() })
  const stopLogging = [logEvents(sync, logger), logTuner(tuner, logger)]
  try {
    // The port first: a node that has joined and then finds it taken would have to leave again.
    await http.listen()
    await sync.start()
    tuner.start()
  } catch (error) {
    await http.close()
    throw error
  }
  const { nodeId, runId, cluster, address } = sync.status()
  const data = settings.data?.path
  logger.info({ event: 'agent.started', runId, cluster, mesh: address, http: http.url, data }, 'started')
  let stopped: Promise<void> | undefined
  const stop = async () => {
    http.refuseWrites()
    tuner.stop()
    await sync.stop()
    await http.close()
    metrics.stop()
    for (const stop of stopLogging) stop()
  }
  return {
    nodeId,
    runId,
    cluster,
    meshAddress: address,
    httpUrl: http.url,
    sync,
    tuner,
    stop: () => (stopped ??= stop()),
  }
}

/** SQLite is loaded only where it is used. */
async function openStore({ data }: AgentSettings, logger: Logger): Promise<Store | undefined> {
  if (data === undefined) return undefined
  const { setStoreAside, SqliteStore } = await import('#store/sqlite/index')
  const aside = data.reset ? setStoreAside(data.path) : undefined
  if (aside !== undefined) logger.warn({ event: 'store.reset', file: aside }, 'the store was set aside')
  return new SqliteStore(data)
}

function createNode(
  settings: AgentSettings,
  parameters: Declarations | undefined,
  store: Store | undefined,
): ConfigSyncManager {
  const { nodeId, cluster, listen, join, advertise, certificates, preset, clockOffsetMs } = settings
  const mesh = new TlsMesh({
    listen: formatAddress(listen),
    join: join.map(formatAddress),
    ...(advertise && { advertise: formatAddress(advertise) }),
    certificates,
  })
  return new ConfigSyncManager({
    nodeId,
    cluster,
    mesh,
    preset,
    instrumentation: openTelemetry(),
    wallClock: () => Date.now() + clockOffsetMs,
    ...(store && { store }),
    ...(parameters && { parameters }),
  })
}

function readDeclarations(path: string): Declarations {
  const text = readTextFile('schema', path)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new ConfigSyncError('SCHEMA_INVALID', `${path}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  return declarationsFromJson(json)
}
