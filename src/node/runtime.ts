import { randomBytes } from 'node:crypto'
import type { Core } from '#core/core'
import { CustomRules } from '#core/custom-rules'
import { hash64OfText, hash64Text } from '#core/digest'
import type { StoredState } from '#core/effects'
import { ConfigSyncError } from '#core/errors'
import { isNodeId, type NodeId, type RunId } from '#core/identity'
import { nameDefect } from '#core/names'
import { LOAD_HIGH } from '#core/settings'
import { MeshAdapter } from '#mesh/adapter'
import type { AdapterSettings } from '#mesh/adapter-settings'
import { NO_DELIVERY } from '#mesh/delivery'
import { type Scheduler, systemScheduler } from '#mesh/scheduler'
import type { Journal } from '#store/journal'
import { MemoryJournal } from '#store/memory-journal'
import { ConflictLedger } from './conflict-ledger.ts'
import type { Declarations } from './declarations.ts'
import { EventPublisher } from './event-publisher.ts'
import { type PastChange, pastChanges } from './history.ts'
import { Host } from './host.ts'
import type { Instrumentation } from './instrumentation.ts'
import { Listeners } from './listeners.ts'
import { LoadMeter } from './load.ts'
import type { UntypedOptions } from './options.ts'
import { type Settings, settingsFrom, withSettings } from './settings.ts'
import { State } from './state.ts'
import { memberViews, turnedAwayView } from './status.ts'
import type { TunerPort } from './tuner-port.ts'
import type { ConfigUpdateMsg, StatusView } from './types.ts'

/** Stamps have whole milliseconds: so much is cut off on average. */
const STAMP_CUT_MS = 0.5

/** The life of a node: what exists while it runs, and what survives its stop. */
export class Runtime {
  readonly nodeId: NodeId
  readonly listeners = new Listeners()
  readonly ledger: ConflictLedger
  readonly state: State
  readonly declarations: Declarations
  /** set by whoever gives the node its surface */
  tunerPort: TunerPort | undefined
  private readonly options: UntypedOptions
  private readonly scheduler: Scheduler
  private readonly publisher: EventPublisher
  private readonly loadMeter: LoadMeter | undefined
  private phase: 'stopped' | 'starting' | 'running' | 'stopping' = 'stopped'
  private adapter: MeshAdapter | undefined
  private host: Host | undefined
  private settings: Settings
  private startedMs = 0
  private cancelLoad: () => void = () => undefined
  private stopped: Promise<void> | undefined
  /** a stop within one process loses nothing, with or without a store */
  private kept: StoredState | undefined
  private learned: string[] = []
  private readonly memoryJournal = new MemoryJournal()
  private readonly journal: Journal

  constructor(options: UntypedOptions) {
    this.options = options
    this.journal = options.store ?? this.memoryJournal
    this.nodeId = checkedNodeId(options.nodeId)
    checkCluster(this.cluster)
    this.scheduler = options.scheduler ?? systemScheduler
    this.declarations = withSettings(options.parameters, options.preset)
    const rules = new CustomRules(options.rules, options.ruleMode ?? ruleModeOfEnvironment())
    this.declarations.checkRules(rules)
    this.state = new State(this.declarations, rules)
    this.ledger = new ConflictLedger(rules)
    this.settings = this.readSettings()
    this.loadMeter = options.load ? undefined : new LoadMeter()
    this.publisher = new EventPublisher({
      state: this.state,
      listeners: this.listeners,
      ledger: this.ledger,
      scheduler: this.scheduler,
      elapsedMs: () => this.scheduler.nowMs() - this.startedMs,
      onSettingChanged: () => this.applySettings(),
      instrumentation: options.instrumentation,
    })
  }

  get cluster(): string {
    return this.options.cluster ?? 'default'
  }

  get instrumentation(): Instrumentation | undefined {
    return this.options.instrumentation
  }

  get clock(): { readonly scheduler: Scheduler; readonly wallClock: () => number } {
    return { scheduler: this.scheduler, wallClock: () => this.wallClock() }
  }

  get isRunning(): boolean {
    return this.phase === 'running'
  }

  /** Of the current run, or of the last one. */
  get core(): Core | undefined {
    return this.host?.core
  }

  private wallClock(): number {
    return this.options.wallClock?.() ?? Date.now()
  }

  private newId(): string {
    return this.options.newId?.() ?? randomBytes(8).toString('hex')
  }

  async start(): Promise<void> {
    await this.stopped
    if (this.phase !== 'stopped') return
    this.phase = 'starting'
    try {
      await this.open()
    } catch (error) {
      this.phase = 'stopped'
      throw error
    }
  }

  private async open(): Promise<void> {
    const { options, nodeId, cluster, scheduler } = this
    const runId = this.newId() as RunId
    const random = options.random ?? Math.random
    const stored = options.store ? await options.store.open(nodeId) : this.kept
    const wallClock = () => this.wallClock()
    const adapter = new MeshAdapter({ mesh: options.mesh, nodeId, runId, cluster, random, scheduler, wallClock })
    this.adapter = adapter
    const host = new Host({
      core: {
        nodeId,
        runId,
        cluster,
        settings: this.coreSettings(),
        presenceBudget: options.mesh.presenceBudget,
        random,
        newIncarnation: () => this.newId(),
        stored: options.store !== undefined,
        // Who names the ids is a test or the simulator, where every run must be the same.
        ...(options.newId === undefined && { nameKey: secretKey() }),
        ...(options.pullPartBytes !== undefined && { pullPartBytes: options.pullPartBytes }),
      },
      adapter,
      store: options.store,
      journal: options.store ? undefined : this.memoryJournal,
      scheduler,
      wallClock,
      onEvent: (event, atMs) => this.publisher.publish(event, atMs),
      onStoreFailed: (error) => this.publisher.trouble(error, undefined),
      onStoreRecovered: () => this.listeners.emit('storeRecovered', { store: options.store!.name }),
      onAddresses: (addresses) => this.learn(addresses),
    })
    if (stored) host.core.restore(stored)
    this.host = host
    this.state.core = host.core
    this.startedMs = scheduler.nowMs()
    this.applySettings()
    try {
      if (options.store) this.ledger.recall(await options.store.conflicts(), this.state)
      await this.openMesh(adapter, host)
    } catch (error) {
      // Nobody has heard of this run, so the origin may go on where it was.
      await this.closeStore(stored?.clean === true)
      throw error
    }
    this.phase = 'running'
    host.input({ type: 'facts', facts: { address: adapter.address, declarationsHash: this.declarationsHash() } })
    this.tunerPort?.attach(host, adapter)
    host.input({ type: 'start' })
    for (const peer of adapter.peers()) host.input({ type: 'peerUp', peer })
    this.loadMeter?.start()
    this.scheduleLoad()
  }

  private async openMesh(adapter: MeshAdapter, host: Host): Promise<void> {
    const running = () => this.phase === 'running'
    await adapter.start({
      onMessage: (from, message) => {
        if (!running()) return
        host.message(from, message)
        if (message.type === 'heartbeat' && this.listeners.has('heartbeat'))
          this.listeners.emit('heartbeat', { nodeId: from })
      },
      onPeerUp: (peer) => running() && host.input({ type: 'peerUp', peer }),
      onPeerDown: (peer) => running() && host.input({ type: 'peerDown', peer }),
      onRejected: (code, detail, from) => this.publisher.reject(code, detail, from),
      onTrouble: (error, peer) => this.publisher.trouble(error, peer),
      onTurnedAway: (refusal) => running() && host.input({ type: 'turnedAway', refusal }),
      onDelivery: (sample) => this.tunerPort?.delivered(sample),
    })
  }

  stop(): Promise<void> {
    if (this.phase !== 'running') return this.stopped ?? Promise.resolve()
    this.phase = 'stopping'
    this.stopped = this.close().finally(() => {
      this.phase = 'stopped'
      this.stopped = undefined
    })
    return this.stopped
  }

  private async close(): Promise<void> {
    const host = this.host!
    this.cancelLoad()
    this.loadMeter?.stop()
    host.input({ type: 'stop' })
    host.stop()
    this.publisher.flush()
    this.kept = this.options.store ? undefined : host.core.snapshot(true)
    await this.adapter!.stop()
    await this.closeStore(true)
  }

  private async closeStore(clean: boolean): Promise<void> {
    try {
      const settled = await this.host!.settle().then(
        () => true,
        () => false,
      )
      await this.options.store?.close(clean && settled)
    } catch (cause) {
      // Then the store does not say that it was closed cleanly, and the next start takes a new incarnation.
      this.publisher.trouble(new ConfigSyncError('STORE_FAILED', String(cause), { cause }), undefined)
    }
  }

  /** @throws ConfigSyncError NOT_STARTED, STOPPING */
  runningHost(): Host {
    if (this.phase === 'running') return this.host!
    if (this.phase === 'stopping') throw new ConfigSyncError('STOPPING', `${this.nodeId} is shutting down`)
    throw new ConfigSyncError('NOT_STARTED', `${this.nodeId} is not running`)
  }

  /** Since an update was written, by this machine's clock and what is known of its writer's; undefined where that is too little. */
  ageMs({ nodeId, timestamp: [milliseconds, logical] }: ConfigUpdateMsg): number | undefined {
    const offsetMs = nodeId === this.nodeId ? 0 : this.adapter?.clockOffsets.of(nodeId)
    // With a logical part the stamp may be one that its writer had seen, ahead of its own clock.
    if (this.adapter === undefined || offsetMs === undefined || logical > 0) return undefined
    return Math.max(0, this.adapter.clock.readMs() - (milliseconds + STAMP_CUT_MS) + offsetMs)
  }

  /** What a parameter went through, newest first; a store is asked, and open only while the node runs. */
  async pastChanges(section: string, parameter: string): Promise<PastChange[]> {
    if (this.options.store) this.runningHost()
    // What could not be stored was told to whoever wrote it, and is not in the journal.
    await this.host?.settle().catch(() => undefined)
    const entries = await this.journal.history(section, parameter)
    return pastChanges(entries, this.state.siblings(section, parameter), this.settings.historyPerParameter)
  }

  private readSettings(): Settings {
    return settingsFrom((section, parameter) => this.state.get(section, parameter), this.options.preset)
  }

  /** ConfigSync's own settings are replicated parameters, taken live. */
  private applySettings(): void {
    this.settings = this.readSettings()
    const { conflictLedgerSize: conflicts, historyPerParameter, historyTotal } = this.settings
    this.ledger.limit(conflicts)
    this.journal.limit({ historyPerParameter, historyTotal, conflicts })
    this.publisher.gate.delayMs = this.settings.heartbeatIntervalMs / 4
    this.adapter?.configure(this.adapterSettings())
    this.host?.input({ type: 'settings', settings: this.coreSettings() })
  }

  private coreSettings() {
    const { heartbeatIntervalMs, maxClockDriftMs } = this.settings
    return { heartbeatIntervalMs, maxClockDriftMs }
  }

  private adapterSettings(): Partial<AdapterSettings> {
    const { batchSizeLimit, batchTimeLimitMs, compressionThresholdBytes, maxRetries, retryIntervalMs } = this.settings
    const receiptEvery = this.settings.receiptSampleFrames
    return { batchSizeLimit, batchTimeLimitMs, compressionThresholdBytes, maxRetries, retryIntervalMs, receiptEvery }
  }

  private declarationsHash() {
    return hash64OfText(this.declarations.declarationsText)
  }

  /** Once a heartbeat interval: what others are told, how long batches gather, when components are told of changes. */
  private sampleLoad(): void {
    const load = this.options.load?.() ?? this.loadMeter!.read()
    this.publisher.gate.load = load
    this.adapter?.configure({ highLoad: load >= LOAD_HIGH })
    this.host?.input({ type: 'facts', facts: { load } })
    this.scheduleLoad()
  }

  private scheduleLoad(): void {
    this.cancelLoad = this.scheduler.schedule(this.settings.heartbeatIntervalMs, () => this.sampleLoad())
  }

  /** What heartbeats say of addresses goes to the mesh, and the newest few into our own heartbeats. */
  private learn(addresses: readonly string[]): void {
    const fresh = addresses.filter((address) => !this.learned.includes(address) && address !== this.adapter!.address)
    if (fresh.length === 0) return
    this.adapter!.learnAddresses(fresh)
    this.learned = [...fresh, ...this.learned].slice(0, LEARNED_MAX)
    this.host!.input({ type: 'facts', facts: { addresses: this.learned.slice(0, 8) } })
  }

  status(): StatusView {
    const { host, nodeId, cluster, settings } = this
    const core = host?.core
    const running = this.phase === 'running'
    return {
      nodeId,
      runId: core?.self.runId ?? ('' as RunId),
      origin: core?.self.origin,
      cluster,
      ready: running && core!.ready,
      turnedAway: running ? turnedAwayView(core!) : undefined,
      coordinator: core?.election.coordinator,
      isCoordinator: running && core!.election.selfReigns,
      tunerMode: core?.self.tunerMode ?? 'off',
      epoch: core?.self.epoch ?? 0,
      members: core ? memberViews(core, this.adapter!.clockOffsets) : [],
      digest: hash64Text(core?.replica.seen.digest.value() ?? [0, 0]),
      liveHash: hash64Text(core?.replica.liveHash.value() ?? [0, 0]),
      versionVector: this.state.versionVector(),
      parameters: core?.replica.parameterCount ?? 0,
      origins: core?.replica.seen.origins.size ?? 0,
      ...this.publisher.counts(),
      store: this.options.store && { name: this.options.store.name, failure: host?.storeTrouble },
      load: core?.self.load ?? 0,
      uptimeMs: running ? this.scheduler.nowMs() - this.startedMs : 0,
      heartbeatIntervalMs: settings.heartbeatIntervalMs,
      address: running ? this.adapter!.address : '',
      delivery: this.adapter?.delivery() ?? NO_DELIVERY,
    }
  }
}

/** Addresses remembered, so that each is passed on once. */
const LEARNED_MAX = 1_024

function secretKey(): readonly [number, number] {
  const bytes = randomBytes(8)
  return [bytes.readInt32LE(0), bytes.readInt32LE(4)]
}

const ruleModeOfEnvironment = () => (process.env['NODE_ENV'] === 'development' ? 'development' : 'production')

function checkedNodeId(nodeId: string): NodeId {
  if (isNodeId(nodeId)) return nodeId
  throw new ConfigSyncError('NODE_ID_INVALID', `${JSON.stringify(nodeId)} is no node id`)
}

function checkCluster(cluster: string): void {
  const defect = nameDefect(cluster)
  if (defect !== undefined) throw new ConfigSyncError('NAME_INVALID', `cluster: ${defect}`)
}
