import type { FastifyInstance } from 'fastify'
import { METRICS_MEDIA_TYPE } from '#observe/metrics'
import type { HttpContext } from './context.ts'
import * as schemas from './schemas.ts'

const unready = {
  description: 'not yet, or no more',
  content: { 'application/json': { schema: schemas.READY_ANSWER } },
}
const metrics = { description: 'Prometheus text', content: { 'text/plain': { schema: { type: 'string' } } } }

/** For whoever runs the process: probes, metrics, what there is. */
export function operationsRoutes(app: FastifyInstance, { sync, isStopping, metricsText }: HttpContext): void {
  const operation = (operationId: string, summary: string, response: Record<string, schemas.Schema>) => ({
    schema: { operationId, summary, tags: ['operations'], querystring: schemas.NO_QUERY, response },
  })

  app.get('/healthz', operation('getHealth', 'The process serves', schemas.responses(schemas.ALIVE_ANSWER)), () => ({
    alive: true,
  }))

  app.get(
    '/readyz',
    operation('getReadiness', 'This node is up to date', { ...schemas.responses(schemas.READY_ANSWER), 503: unready }),
    (_, reply) => {
      const detail = unreadyBecause()
      return reply.code(detail ? 503 : 200).send({ ready: !detail, detail: detail ?? 'up to date' })
    },
  )

  app.get(
    '/metrics',
    operation('getMetrics', 'Prometheus metrics', { ...schemas.responses({}), 200: metrics }),
    async (_, reply) => reply.type(METRICS_MEDIA_TYPE).send(await metricsText()),
  )

  let openApi: unknown
  app.get('/openapi.json', operation('getOpenApi', 'This description', schemas.responses({ type: 'object' })), () => {
    openApi ??= app.swagger()
    return openApi
  })

  function unreadyBecause(): string | undefined {
    if (isStopping()) return 'shutting down'
    const { ready, turnedAway } = sync.status()
    if (turnedAway) {
      const { by, code, detail, hint } = turnedAway
      return `turned away by ${by}: ${code}, ${detail}. ${hint}`
    }
    return ready ? undefined : 'has not yet seen everything that some member has'
  }
}
