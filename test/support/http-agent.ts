import { connect } from 'node:net'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Logger } from 'pino'
import { expect } from 'vitest'
import { HttpServer, type HttpServerOptions } from '#agent/http/server'
import { readEvents } from '#codec/event-stream'
import type { ConfigSync } from '#node/api'
import { LogFeed } from '#observe/log-feed'
import { createLogger } from '#observe/logging'
import { Metrics } from '#observe/metrics'
import { AutoTuner, type AutoTunerOptions } from '#tuner/auto-tuner'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly body: any
}

export interface CallOptions {
  readonly body?: unknown
  /** sent as it is, instead of `body` */
  readonly text?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Record<string, string>
}

/** A real HTTP server on a free port of loopback over any ConfigSync, and ways to talk to it. */
export class HttpAgent {
  readonly server: HttpServer
  readonly metrics: Metrics
  readonly tuner: AutoTuner
  readonly logger: Logger
  /** what was logged */
  readonly logs: Record<string, unknown>[] = []
  readonly #sync: ConfigSync
  #openApi: OpenApi | undefined
  #closed: Promise<void> | undefined

  constructor(sync: ConfigSync, options: Partial<HttpServerOptions> = {}, tunerOptions: AutoTunerOptions = {}) {
    this.#sync = sync
    this.tuner = new AutoTuner({ configSyncManager: sync, ...tunerOptions })
    this.metrics = new Metrics(sync, this.tuner)
    const logs = new LogFeed({ write: (line: string) => void this.logs.push(JSON.parse(line)) })
    this.logger = createLogger('info', 'node-1', logs)
    this.server = new HttpServer({
      sync,
      tuner: this.tuner,
      host: '127.0.0.1',
      port: 0,
      logger: this.logger,
      logs,
      metricsText: () => this.metrics.text(),
      ...options,
    })
  }

  async start(): Promise<this> {
    await this.server.listen()
    await this.#sync.start()
    this.tuner.start()
    return this
  }

  get url(): string {
    return this.server.url
  }

  /** An answer that openapi.json does not describe is an error, except those of paths and methods that there are not. */
  async call(method: string, path: string, { body, text, headers }: CallOptions = {}): Promise<Answer> {
    const content = text ?? (body === undefined ? undefined : JSON.stringify(body))
    const type = content === undefined ? {} : { 'content-type': 'application/json' }
    const response = await fetch(this.url + path, {
      method,
      headers: { ...type, ...headers },
      ...(content !== undefined && { body: content }),
    })
    const received = await response.text()
    const isJson = received !== '' && /json/.test(response.headers.get('content-type') ?? '')
    const answer = {
      status: response.status,
      headers: response.headers,
      text: received,
      body: isJson ? JSON.parse(received) : undefined,
    }
    const code = isJson ? answer.body.code : undefined
    if (isJson && code !== 'ROUTE_UNKNOWN' && code !== 'METHOD_NOT_ALLOWED')
      await this.#expectDescribed(method, path, answer, headers)
    return answer
  }

  /** Sends bytes on a bare connection and gives back what comes until the other side closes. */
  async raw(bytes: string): Promise<string> {
    const { hostname, port } = new URL(this.url)
    const socket = connect(Number(port), hostname)
    socket.write(bytes)
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    await new Promise<void>((resolve) => socket.once('close', () => resolve()).on('error', () => {}))
    return Buffer.concat(chunks).toString()
  }

  watch(query = '', lastEventId?: string): WatchClient {
    return new WatchClient(`${this.url}/v1/watch${query}`, lastEventId)
  }

  events(query = '', lastEventId?: string): WatchClient {
    return new WatchClient(`${this.url}/v1/events${query}`, lastEventId)
  }

  async #expectDescribed(
    method: string,
    path: string,
    answer: Answer,
    headers?: Record<string, string>,
  ): Promise<void> {
    this.#openApi ??= new OpenApi(
      (await (await fetch(`${this.url}/openapi.json`, { headers: authorizationOf(headers) })).json()) as Description,
    )
    this.#openApi.expectDescribed(method, path, answer)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.metrics.stop()
    this.tuner.stop()
    await this.server.close()
    await this.#sync.stop()
  }
}

const authorizationOf = (headers: Record<string, string> = {}): Record<string, string> =>
  headers['authorization'] ? { authorization: headers['authorization'] } : {}

interface Description {
  readonly paths: Record<string, Record<string, { responses: Record<string, { content: Record<string, unknown> }> }>>
}

/** Holds answers to their description. */
class OpenApi {
  readonly #ajv = new Ajv2020({ strict: false })
  readonly #description: Description

  constructor(description: Description) {
    this.#description = description
    this.#ajv.addSchema(description, 'openapi')
  }

  expectDescribed(method: string, path: string, answer: Answer): void {
    const pathname = path.split('?', 1)[0]!
    const template = Object.keys(this.#description.paths).find((one) =>
      new RegExp(`^${one.replace(/\{\w+\}/g, '[^/]*')}$`).test(pathname),
    )
    const what = `${method} ${path} ${answer.status}`
    expect(template, `${what}: path described`).toBeDefined()
    const content = this.#description.paths[template!]?.[method.toLowerCase()]?.responses[answer.status]?.content
    const type = answer.headers.get('content-type')!.split(';', 1)[0]!
    expect(content, `${what}: status described`).toHaveProperty([type])
    const pointer = [
      'paths',
      template!,
      method.toLowerCase(),
      'responses',
      String(answer.status),
      'content',
      type,
      'schema',
    ]
    const $ref = `openapi#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`
    const validate = this.#ajv.compile({ $ref })
    expect(validate(answer.body), `${what}: ${this.#ajv.errorsText(validate.errors)}`).toBe(true)
  }
}

export interface WatchEvent {
  readonly event: string
  readonly id: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly data: any
}

/** One watch, collecting what it is told. */
export class WatchClient {
  readonly events: WatchEvent[] = []
  /** resolves with the status when the stream is over */
  readonly ended: Promise<number>
  readonly #abort = new AbortController()

  constructor(url: string, lastEventId: string | undefined) {
    this.ended = this.#run(url, lastEventId === undefined ? {} : { 'last-event-id': lastEventId })
  }

  get lastId(): string {
    return this.events.at(-1)?.id ?? ''
  }

  changes(): WatchEvent[] {
    return this.events.filter(({ event }) => event === 'change')
  }

  has(event: string): boolean {
    return this.events.some((one) => one.event === event)
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await this.ended
  }

  async #run(url: string, headers: Record<string, string>): Promise<number> {
    try {
      const response = await fetch(url, { headers, signal: this.#abort.signal })
      for await (const { event, id, data } of readEvents(response.body!))
        this.events.push({ event, id, data: JSON.parse(data) })
      return response.status
    } catch {
      return 0
    }
  }
}
