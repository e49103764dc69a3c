import type { FastifyInstance } from 'fastify'
import { ConfigSyncError } from '#core/errors'
import type { WriteOptions } from '#node/types'
import { type HttpContext, refuseWhileStopping } from './context.ts'
import { HISTORY_LISTED } from './limits.ts'
import { fitting, limitOf } from './list-limit.ts'
import * as schemas from './schemas.ts'
import { historyJson, writeJson } from './views.ts'

interface ParameterPath {
  readonly section: string
  readonly parameter: string
}

/** What parameters went through, and the way back. */
export function historyRoutes(app: FastifyInstance, context: HttpContext): void {
  getHistory(app, context)
  postRollback(app, context)
}

function getHistory(app: FastifyInstance, { sync }: HttpContext): void {
  app.get<{ Params: ParameterPath; Querystring: { limit?: string } }>(
    '/v1/history/:section/:parameter',
    {
      schema: {
        operationId: 'getHistory',
        summary: 'What one parameter went through, the newest first',
        tags: ['history'],
        params: schemas.PARAMETER_PATH,
        querystring: schemas.HISTORY_QUERY,
        response: schemas.responses(schemas.HISTORY_ANSWER, ['PARAMETER_UNKNOWN', 'NAME_INVALID', 'STOPPING']),
      },
    },
    async ({ params: { section, parameter }, query }) => {
      const limit = limitOf(query.limit, HISTORY_LISTED)
      const records = await sync.history(section, parameter)
      if (records.length === 0 && sync.inspect(section, parameter) === undefined)
        throw new ConfigSyncError('PARAMETER_UNKNOWN', `${section}.${parameter} was never set and is not declared`)
      return { section, parameter, total: records.length, history: fitting(records.slice(0, limit).map(historyJson)) }
    },
  )
}

function postRollback(app: FastifyInstance, context: HttpContext): void {
  const codes = [...schemas.WRITE_PROBLEMS, ...schemas.BODY_PROBLEMS, 'HISTORY_UNKNOWN'] as const
  app.post<{ Params: ParameterPath; Body: { to: string | number } & WriteOptions }>(
    '/v1/history/:section/:parameter/rollback',
    {
      onRequest: async () => refuseWhileStopping(context),
      schema: {
        operationId: 'rollbackParameter',
        summary: 'Write an old value again',
        tags: ['history'],
        params: schemas.PARAMETER_PATH,
        querystring: schemas.NO_QUERY,
        body: schemas.ROLLBACK_BODY,
        response: schemas.responses(schemas.WRITE_ANSWER, codes),
      },
    },
    async ({ params: { section, parameter }, body: { to, ...options } }) => {
      refuseWhileStopping(context)
      return writeJson(await context.sync.rollback(section, parameter, to, options))
    },
  )
}
