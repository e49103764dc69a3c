import type { FastifyInstance } from 'fastify'
import { ConfigSyncError, type ErrorCode } from '#core/errors'
import type { HttpContext } from './context.ts'
import * as schemas from './schemas.ts'
import { parameterJson } from './views.ts'

/** Reading parameters. */
export function readRoutes(app: FastifyInstance, { sync }: HttpContext): void {
  app.get('/v1/config', options('getConfig', 'All effective values', schemas.CONFIG_ANSWER), () => sync.getAll())

  app.get<{ Params: { section: string } }>(
    '/v1/config/:section',
    options('getSection', 'Effective values of one section', schemas.SECTION_ANSWER, schemas.SECTION_PATH),
    ({ params: { section } }) => {
      const all = sync.getAll()
      if (Object.hasOwn(all, section)) return all[section]
      throw new ConfigSyncError('PARAMETER_UNKNOWN', `no parameter of section "${section}" has a value`)
    },
  )

  app.get<{ Params: { section: string; parameter: string } }>(
    '/v1/config/:section/:parameter',
    options(
      'getParameter',
      'One parameter, with the writes behind it',
      schemas.PARAMETER_ANSWER,
      schemas.PARAMETER_PATH,
    ),
    ({ params: { section, parameter } }) => {
      const view = sync.inspect(section, parameter)
      if (view) return parameterJson(view)
      throw new ConfigSyncError('PARAMETER_UNKNOWN', `${section}.${parameter} was never set and is not declared`)
    },
  )
}

/** @param params schema of the names in the path; what is named there can be unknown */
function options(operationId: string, summary: string, good: schemas.Schema, params?: schemas.Schema) {
  const codes: readonly ErrorCode[] = params ? ['PARAMETER_UNKNOWN'] : []
  const described = { operationId, summary, tags: ['config'], querystring: schemas.NO_QUERY }
  return { schema: { ...described, ...(params && { params }), response: schemas.responses(good, codes) } }
}
