import type { FastifyInstance } from 'fastify'
import type { LogLevel } from '#observe/log-levels'
import type { HttpContext } from './context.ts'
import { EVENTS_PAST } from './limits.ts'
import { limitOf } from './list-limit.ts'
import * as schemas from './schemas.ts'

type Resuming = { 'last-event-id'?: string }

const resuming = {
  type: 'object',
  properties: { 'last-event-id': { type: 'string', description: 'go on after this event' } },
}

/** The answer of a stream of server-sent events (WHATWG HTML, section 9.2). */
const streamOf = (description: string): Record<string, schemas.Schema> => ({
  ...schemas.responses({}, ['WATCH_LIMIT']),
  200: { description, content: { 'text/event-stream': { schema: { type: 'string' } } } },
})

/** GET /v1/watch: changes. GET /v1/events: everything that happens on this agent. */
export function streamRoutes(app: FastifyInstance, { streams }: HttpContext): void {
  app.get<{ Querystring: { section?: string; parameter?: string }; Headers: Resuming }>(
    '/v1/watch',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'watchConfig',
        summary: 'Follow changes',
        tags: ['config'],
        querystring: schemas.WATCH_QUERY,
        headers: resuming,
        response: streamOf('events `change`, `reset` and `ready`; the id `runId:revision` resumes as Last-Event-ID'),
      },
    },
    (request, reply) => {
      const { section, parameter } = request.query
      streams.admit()
      reply.hijack()
      streams.openWatch(reply.raw, { section, parameter }, request.headers['last-event-id'] || undefined)
    },
  )

  app.get<{ Querystring: { log?: LogLevel; past?: string }; Headers: Resuming }>(
    '/v1/events',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'watchEvents',
        summary: 'Follow everything that happens on this agent',
        tags: ['state'],
        querystring: schemas.EVENTS_QUERY,
        headers: resuming,
        response: streamOf(
          'events `change`, `conflict`, `member`, `coordinator`, `repair`, `rejected`, `tuner`, `log`, `nodes`, `reset` and `ready`',
        ),
      },
    },
    (request, reply) => {
      const { log = 'info', past } = request.query
      const selection = { log, past: past === undefined ? 0 : limitOf(past, EVENTS_PAST, 'past') }
      streams.admit()
      reply.hijack()
      streams.openEvents(reply.raw, selection, request.headers['last-event-id'] || undefined)
    },
  )
}
