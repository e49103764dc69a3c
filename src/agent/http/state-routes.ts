import type { FastifyInstance } from 'fastify'
import type { HttpContext } from './context.ts'
import { CONFLICTS_LISTED } from './limits.ts'
import { limitOf } from './list-limit.ts'
import * as schemas from './schemas.ts'
import { conflictJson, memberJson, propagationJson, statusJson, vectorJson } from './views.ts'

/** What this node knows about itself and the mesh. */
export function stateRoutes(app: FastifyInstance, { sync, departures, confirmations }: HttpContext): void {
  const list = (
    operationId: string,
    summary: string,
    good: schemas.Schema,
    querystring: schemas.Schema = schemas.NO_QUERY,
  ) => ({
    schema: { operationId, summary, tags: ['state'], querystring, response: schemas.responses(good) },
  })

  app.get('/v1/status', list('getStatus', 'This node', schemas.STATUS_ANSWER), () => statusJson(sync.status()))

  app.get(
    '/v1/nodes',
    list('getNodes', 'Every live member, this node included, and who went', schemas.NODES_ANSWER),
    () => ({
      nodes: sync.status().members.map(memberJson),
      departed: departures.list(),
    }),
  )

  app.get(
    '/v1/propagation',
    list('getPropagation', 'How soon every live member had shown to have a change', schemas.PROPAGATION_ANSWER),
    () => propagationJson(confirmations.view()),
  )

  app.get(
    '/v1/version-vectors',
    list('getVersionVectors', 'Who is known to have seen what', schemas.VECTORS_ANSWER),
    () => ({
      vectors: sync.status().members.map(vectorJson),
    }),
  )

  app.get<{ Querystring: { limit?: string } }>(
    '/v1/conflicts',
    list(
      'getConflicts',
      'Concurrent writes that met here, the newest first',
      schemas.CONFLICTS_ANSWER,
      schemas.CONFLICTS_QUERY,
    ),
    ({ query }) => {
      const limit = limitOf(query.limit, CONFLICTS_LISTED)
      const newestFirst = sync.conflicts().toSorted((a, b) => b.at - a.at)
      return { total: sync.status().conflicts, conflicts: newestFirst.slice(0, limit).map(conflictJson) }
    },
  )
}
