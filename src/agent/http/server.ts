import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastifySwagger from '@fastify/swagger'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { ConfigSyncError } from '#core/errors'
import type { ConfigSync } from '#node/api'
import { Confirmations } from '#observe/confirmations'
import type { LogFeed } from '#observe/log-feed'
import { inTraceOf } from '#observe/otel'
import type { AutoTuner } from '#tuner/auto-tuner'
import { Access } from './access.ts'
import type { HttpContext } from './context.ts'
import { Departures } from './departures.ts'
import { historyRoutes } from './history-routes.ts'
import * as limits from './limits.ts'
import { operationsRoutes } from './operations-routes.ts'
import { PageFiles } from './page-files.ts'
import { pageRoutes } from './page-routes.ts'
import { PendingAnswers } from './pending-answers.ts'
import {
  connectionProblem,
  internalProblem,
  PROBLEM_MEDIA_TYPE,
  type Problem,
  problem,
  problemOf,
  rawProblemResponse,
} from './problem.ts'
import { readRoutes } from './read-routes.ts'
import { RouteTable } from './route-table.ts'
import { SHARED_SCHEMAS } from './schemas.ts'
import { stateRoutes } from './state-routes.ts'
import { StreamHub, type StreamHubOptions } from './stream-hub.ts'
import { streamRoutes } from './stream-routes.ts'
import { tunerRoutes } from './tuner-routes.ts'
import { writeRoutes } from './write-routes.ts'

export interface HttpServerOptions {
  readonly sync: ConfigSync
  readonly tuner: AutoTuner
  /** an IP address or `localhost` */
  readonly host: string
  /** 0 for any that is free */
  readonly port: number
  /** what `Authorization: Bearer` must carry; needed on an address that other machines reach */
  readonly token?: string | undefined
  readonly logger: Logger
  /** the lines that `logger` writes */
  readonly logs: LogFeed
  readonly metricsText: () => Promise<string>
  readonly watch?: StreamHubOptions
  readonly requestMsMax?: number
  readonly connectionsMax?: number
}

/**
 * The HTTP API of one agent. Construct it before the node starts, so that watches can resume from the first change.
 * docs/http.md has the calls.
 */
export class HttpServer {
  readonly #app: FastifyInstance
  readonly #options: HttpServerOptions
  readonly #context: HttpContext
  #stopping = false

  /** @throws ConfigSyncError TOKEN_REQUIRED: the address is not loopback and there is no token */
  constructor(options: HttpServerOptions) {
    this.#options = options
    const access = new Access(options.host, options.token)
    this.#app = createApp(options)
    answerErrors(this.#app, options.logger)
    const { sync, tuner, logger, logs, metricsText } = options
    this.#context = {
      sync,
      tuner,
      logger,
      metricsText,
      streams: new StreamHub(sync, tuner, logs, options.watch),
      departures: new Departures(sync),
      confirmations: new Confirmations(sync),
      isStopping: () => this.#stopping,
    }
    registerRoutes(this.#app, access, this.#context)
  }

  /** @throws ConfigSyncError PORT_TAKEN, LISTEN_FAILED */
  async listen(): Promise<void> {
    const { host, port } = this.#options
    try {
      await this.#app.listen({ port, host: host === 'localhost' ? '127.0.0.1' : host, listenTextResolver: () => '' })
    } catch (cause) {
      await this.close()
      if (cause instanceof Error && 'syscall' in cause) throw listenError(cause, `${host}:${port}`)
      throw cause
    }
  }

  /** `http://host:port`, once it listens. */
  get url(): string {
    const { address, family, port } = this.#app.server.address() as AddressInfo
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  }

  /** From now on writes are refused with STOPPING and /readyz says 503. */
  refuseWrites(): void {
    this.#stopping = true
  }

  /** Ends every open stream at once and resolves when nothing is left open. */
  async close(): Promise<void> {
    this.#stopping = true
    const { streams, departures, confirmations } = this.#context
    streams.close()
    departures.stop()
    confirmations.stop()
    await this.#app.close()
  }
}

function createApp(options: HttpServerOptions): FastifyInstance {
  const { requestMsMax = limits.REQUEST_MS_MAX, connectionsMax = limits.CONNECTIONS_MAX } = options
  const pending = new PendingAnswers(requestMsMax)
  const app = Fastify({
    bodyLimit: limits.BODY_BYTES_MAX,
    requestTimeout: requestMsMax,
    connectionTimeout: limits.CONNECTION_SILENT_MS_MAX,
    keepAliveTimeout: limits.KEEP_ALIVE_MS,
    forceCloseConnections: true,
    return503OnClosing: false,
    http: {
      headersTimeout: requestMsMax,
      connectionsCheckingInterval: Math.ceil(requestMsMax / 4),
      // A missing one is refused by us, with a code.
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: limits.PATH_SEGMENT_CHARACTERS_MAX },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false } },
    schemaErrorFormatter: ([first], part) =>
      new ConfigSyncError(
        'REQUEST_INVALID',
        `${part}${first?.instancePath ?? ''} ${first?.message}${offender(first?.params)}`,
      ),
    frameworkErrors: (error, _request, reply) => sendProblem(reply, problemOf(error) ?? internalProblem()),
    clientErrorHandler: (error, socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
      pending.whenAnswered(socket, () => socket.writable && socket.end(rawProblemResponse(connectionProblem(error))))
    },
  })
  app.server.maxConnections = connectionsMax
  app.server.on('checkExpectation', refuseExpectation)
  pending.watch(app.server)
  // The schemas of answers are for readers: what we answer is ours already, and is not to be filtered.
  app.setSerializerCompiler(() => JSON.stringify)
  acceptJsonOnly(app)
  // Behind the body: what reads it runs in no context of ours.
  app.addHook('preHandler', ({ headers }, _reply, done) => inTraceOf(String(headers['traceparent'] ?? ''), done))
  return app
}

/** Node's own answer to an expectation other than 100-continue has neither body nor code. */
function refuseExpectation({ headers }: IncomingMessage, response: ServerResponse): void {
  const answer = problem('REQUEST_INVALID', `the expectation "${headers.expect}" cannot be met here`)
  const body = Buffer.from(JSON.stringify(answer))
  response.writeHead(answer.status, {
    'content-type': PROBLEM_MEDIA_TYPE,
    'content-length': body.length,
    connection: 'close',
  })
  response.end(body)
}

const offender = (params: Record<string, unknown> | undefined): string =>
  typeof params?.['additionalProperty'] === 'string' ? `: "${params['additionalProperty']}"` : ''

/** JSON.parse as it is: a value may have any key, `__proto__` and `constructor` included, and nothing here merges objects. */
function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    if (body.length === 0 && request.method === 'DELETE') return undefined
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    } catch (cause) {
      throw new ConfigSyncError('JSON_MALFORMED', cause instanceof Error ? cause.message : String(cause), { cause })
    }
  })
}

function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error, request, reply) => {
    const known = problemOf(error)
    if (!known || known.status >= 500) {
      logger.error({ event: 'http.failed', method: request.method, url: request.url, err: error }, 'a request failed')
    }
    return sendProblem(reply, known ?? internalProblem())
  })
}

function registerRoutes(app: FastifyInstance, access: Access, context: HttpContext): void {
  const routes = new RouteTable(app)
  app.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?', 1)[0]!
    access.check(request.raw, path)
    if (request.is404) return sendProblem(reply, missing(routes, request.method, path, reply))
  })
  for (const schema of SHARED_SCHEMAS) app.addSchema(schema)
  app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'ConfigSync agent',
        description: 'Live configuration that a mesh of processes agrees on.',
        version: '1',
      },
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'when the agent has a token' } },
      },
      security: [{}, { token: [] }],
    },
    convertConstToEnum: false,
    refResolver: { buildLocalReference: (json, _baseUri, _fragment, i) => String(json.$id ?? `def-${i}`) },
  })
  app.register(async (scope) => {
    readRoutes(scope, context)
    writeRoutes(scope, context)
    streamRoutes(scope, context)
    stateRoutes(scope, context)
    historyRoutes(scope, context)
    tunerRoutes(scope, context)
    operationsRoutes(scope, context)
    pageRoutes(scope, context, routes, new PageFiles())
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, problem('ROUTE_UNKNOWN', `${request.method} ${request.url}`)),
  )
}

/** Said before a body is read: what it holds does not matter. */
function missing(routes: RouteTable, method: string, path: string, reply: FastifyReply): Problem {
  const methods = routes.methodsOf(path)
  if (!methods) return problem('ROUTE_UNKNOWN', `there is no ${method} ${path}`)
  reply.header('allow', methods.join(', '))
  return problem('METHOD_NOT_ALLOWED', `${path} answers ${methods.join(', ')}, not ${method}`)
}

function sendProblem(reply: FastifyReply, answer: Problem): FastifyReply {
  if (answer.code === 'TOKEN_REQUIRED') reply.header('www-authenticate', 'Bearer')
  return reply.code(answer.status).type(PROBLEM_MEDIA_TYPE).send(answer)
}

function listenError(cause: Error & { code?: string }, address: string): ConfigSyncError {
  if (cause.code === 'EADDRINUSE')
    return new ConfigSyncError('PORT_TAKEN', `HTTP: another process listens on ${address}`, { cause })
  return new ConfigSyncError('LISTEN_FAILED', `HTTP: cannot listen on ${address}: ${cause.message}`, { cause })
}
