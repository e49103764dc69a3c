import type {
  ChangeTold,
  ConflictJson,
  ConflictsAnswer,
  MemberTold,
  NodesAnswer,
  ParameterJson,
  ParametersAnswer,
  PropagationJson,
  StatusJson,
  TunerJson,
  TunerTold,
  WriteJson,
} from '../agent/answers.ts'
import { Api, configPath, historyPath } from '../agent/api.ts'
import { type Connection, Live } from '../agent/live.ts'
import { changeOf, type Draft, Drafts } from './drafts.ts'
import { Following } from './following.ts'
import { LogLines } from './log-lines.ts'
import { Members } from './members.ts'
import { Observable } from './observable.ts'
import { nameOf, Parameters } from './parameters.ts'
import { Recent } from './recent.ts'
import { Tuning } from './tuning.ts'

const CONFLICTS_MAX = 200
/** What no event tells is asked for so often. */
const PROPAGATION_EVERY_MS = 5_000

/** One value that views are drawn from. */
export class Cell<T> extends Observable {
  #value: T

  constructor(value: T) {
    super()
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  set value(value: T) {
    this.#value = value
    this.touch()
  }
}

/** Everything that the page shows and does: snapshots of the HTTP API, kept up to date by its event stream. */
export class Dashboard {
  readonly api = new Api()
  readonly connection = new Cell<Connection>('connecting')
  /** whether the agent wants a token, and has refused one that was given here; until it has taken one */
  readonly tokenAsked = new Cell<'no' | 'wanted' | 'refused'>('no')
  #tokenGiven = false
  /** this page's clock when it last was in touch with its agent; undefined while it is, and before */
  readonly lostSinceMs = new Cell<number | undefined>(undefined)
  readonly status = new Cell<StatusJson | undefined>(undefined)
  readonly propagation = new Cell<PropagationJson | undefined>(undefined)
  readonly members = new Members()
  readonly parameters = new Parameters()
  readonly following = new Following(this.members)
  readonly drafts = new Drafts()
  readonly conflicts = new Recent<ConflictJson>(CONFLICTS_MAX)
  readonly log = new LogLines()
  readonly tuning = new Tuning()
  readonly #live = new Live(this.api, {
    onConnection: (connection) => this.#connected(connection),
    onReady: () => this.#load(),
    onEvent: (event, data) => this.#tell(event, data),
  })

  start(): void {
    void this.#live.run()
    setInterval(() => {
      if (this.connection.value === 'live' && !document.hidden) void this.#askPropagation()
    }, PROPAGATION_EVERY_MS)
  }

  useToken(token: string): void {
    this.api.token = token
    this.#tokenGiven = true
    this.connection.value = 'connecting'
    void this.#live.run()
  }

  /** @throws Refused */
  async publish(draft: Draft): Promise<void> {
    const { section, parameter, ...body } = changeOf(draft)
    const startedMs = performance.now()
    const path = configPath(section, parameter)
    if (draft.text !== undefined) return this.#wrote([await this.api.send<WriteJson>('PUT', path, body)], startedMs)
    const query = new URLSearchParams()
    if (body.priority !== undefined) query.set('priority', String(body.priority))
    if (body.reason !== undefined) query.set('reason', body.reason)
    this.#wrote([await this.api.send<WriteJson>('DELETE', query.size > 0 ? `${path}?${query}` : path)], startedMs)
  }

  /** All drafts in one message. @throws Refused */
  async publishDrafts(): Promise<void> {
    const startedMs = performance.now()
    const changes = this.drafts.list.map(changeOf)
    const { updates } = await this.api.send<{ updates: WriteJson[] }>('PATCH', '/v1/config', { changes })
    this.drafts.clear()
    this.#wrote(updates, startedMs)
  }

  /** Writes the value of a past update again. @throws Refused */
  async publishAgain(section: string, parameter: string, id: string, reason: string): Promise<void> {
    const startedMs = performance.now()
    const body = { to: id, reason }
    this.#wrote(
      [await this.api.send<WriteJson>('POST', `${historyPath(section, parameter)}/rollback`, body)],
      startedMs,
    )
  }

  #connected(connection: Connection): void {
    if (connection === 'live') this.lostSinceMs.value = undefined
    else if (this.connection.value === 'live') this.lostSinceMs.value = performance.now()
    if (connection === 'token') this.tokenAsked.value = this.#tokenGiven ? 'refused' : 'wanted'
    else if (connection === 'live') this.tokenAsked.value = 'no'
    this.connection.value = connection
  }

  #wrote(updates: readonly WriteJson[], startedMs: number): void {
    this.following.follow(updates, startedMs)
  }

  /** Events wait meanwhile: one that is older than these answers is followed by all that lead up to them. */
  async #load(): Promise<void> {
    const [status, nodes, conflicts, tuner, parameters] = await Promise.all([
      this.api.get<StatusJson>('/v1/status'),
      this.api.get<NodesAnswer>('/v1/nodes'),
      this.api.get<ConflictsAnswer>(`/v1/conflicts?limit=${CONFLICTS_MAX}`),
      this.api.get<TunerJson>('/v1/tuner?limit=200'),
      this.#allParameters(),
      this.#askPropagation(),
    ])
    this.status.value = status
    this.members.replace(nodes)
    this.conflicts.replace(conflicts.conflicts)
    this.tuning.replace(tuner)
    this.parameters.replace(parameters)
  }

  async #allParameters(): Promise<ParameterJson[]> {
    const all: ParameterJson[] = []
    for (let after: string | null = ''; after !== null; ) {
      const query: string = after === '' ? '' : `?after=${encodeURIComponent(after)}`
      const answer: ParametersAnswer = await this.api.get<ParametersAnswer>(`/v1/parameters${query}`)
      all.push(...answer.parameters)
      after = answer.next
    }
    return all
  }

  async #askPropagation(): Promise<void> {
    this.propagation.value = await this.api.get<PropagationJson>('/v1/propagation').catch(() => undefined)
  }

  #tell(event: string, text: string): void {
    if (event === 'log') return this.log.add(text)
    const data: unknown = JSON.parse(text)
    switch (event) {
      case 'change':
        return this.#change(data as ChangeTold)
      case 'nodes':
        return this.members.take((data as NodesAnswer).nodes)
      case 'member':
        return this.members.tell(data as MemberTold)
      case 'coordinator':
        return this.members.coordinator((data as { coordinator: string | null }).coordinator)
      case 'conflict':
        return this.#conflict(data as ConflictJson)
      case 'tuner':
        return this.#tuner(data as TunerTold)
    }
  }

  #change({ changes }: ChangeTold): void {
    for (const { now } of changes) if (now) this.parameters.take(now)
  }

  #conflict(conflict: ConflictJson): void {
    const isKnown = this.conflicts.items.some((one) => one.at === conflict.at && nameOf(one) === nameOf(conflict))
    if (!isKnown) this.conflicts.add(conflict)
  }

  #tuner(told: TunerTold): void {
    this.tuning.tell(told)
    // A mode or a freeze changes more of the status than the event says.
    if (told.kind !== 'window' && this.connection.value === 'live')
      void this.api.get<TunerJson>('/v1/tuner?limit=200').then(
        (answer) => this.tuning.replace(answer),
        // The agent stops: what it has then is asked for when there is one again.
        () => undefined,
      )
  }
}
