import type { FastifyInstance } from 'fastify'
import type { HttpContext } from './context.ts'
import * as schemas from './schemas.ts'

const stream = {
  description: 'events `change`, `reset` and `ready`; the id `runId:revision` resumes as Last-Event-ID',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
}

/** GET /v1/watch: changes as server-sent events (WHATWG HTML, section 9.2). */
export function watchRoute(app: FastifyInstance, { watches }: HttpContext): void {
  app.get<{ Querystring: { section?: string; parameter?: string }; Headers: { 'last-event-id'?: string } }>(
    '/v1/watch',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'watchConfig',
        summary: 'Follow changes',
        tags: ['config'],
        querystring: schemas.WATCH_QUERY,
        headers: {
          type: 'object',
          properties: { 'last-event-id': { type: 'string', description: 'go on after this event' } },
        },
        response: { ...schemas.responses({}, ['WATCH_LIMIT']), 200: stream },
      },
    },
    (request, reply) => {
      const { section, parameter } = request.query
      watches.admit()
      reply.hijack()
      watches.open(reply.raw, { section, parameter }, request.headers['last-event-id'] || undefined)
    },
  )
}
