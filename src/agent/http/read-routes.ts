import type { FastifyInstance } from 'fastify'
import { ConfigSyncError, type ErrorCode } from '#core/errors'
import type { ConfigSync } from '#node/api'
import type { HttpContext } from './context.ts'
import { PARAMETERS_LISTED } from './limits.ts'
import { fitting, limitOf } from './list-limit.ts'
import * as schemas from './schemas.ts'
import { parameterJson } from './views.ts'

/** Reading parameters. */
export function readRoutes(app: FastifyInstance, { sync }: HttpContext): void {
  app.get('/v1/config', options('getConfig', 'All effective values', schemas.CONFIG_ANSWER), () => sync.getAll())

  app.get<{ Querystring: { after?: string; limit?: string } }>(
    '/v1/parameters',
    {
      schema: {
        operationId: 'getParameters',
        summary: 'Every parameter that was set or is declared, with the writes behind it',
        tags: ['config'],
        querystring: schemas.PARAMETERS_QUERY,
        response: schemas.responses(schemas.PARAMETERS_ANSWER),
      },
    },
    ({ query }) => parametersPage(sync, query.after, limitOf(query.limit, PARAMETERS_LISTED)),
  )

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

/** A page of the list. A name that is gone by the next page is no harm: the order of names says where to go on. */
function parametersPage(sync: ConfigSync, after: string | undefined, limit: number) {
  const names = sync.parameterNames()
  const start = after === undefined ? 0 : names.findIndex((name) => comesAfter(name, after))
  const rest = start === -1 ? [] : names.slice(start, start + limit)
  const views = rest
    .map(([section, parameter]) => sync.inspect(section, parameter))
    .filter((view) => view !== undefined)
  const parameters = fitting(views.map(parameterJson))
  const last = parameters.at(-1)
  const isEnd = start === -1 || start + rest.length === names.length
  const next = last && (!isEnd || parameters.length < views.length) ? `${last.section}.${last.parameter}` : null
  return { total: names.length, next, parameters }
}

/** Sections have no dots, so that the first one ends them. */
function comesAfter([section, parameter]: readonly [string, string], after: string): boolean {
  const dot = after.indexOf('.')
  const [afterSection, afterParameter] = dot === -1 ? [after, ''] : [after.slice(0, dot), after.slice(dot + 1)]
  return section === afterSection ? parameter > afterParameter : section > afterSection
}

/** @param params schema of the names in the path; what is named there can be unknown */
function options(operationId: string, summary: string, good: schemas.Schema, params?: schemas.Schema) {
  const codes: readonly ErrorCode[] = params ? ['PARAMETER_UNKNOWN'] : []
  const described = { operationId, summary, tags: ['config'], querystring: schemas.NO_QUERY }
  return { schema: { ...described, ...(params && { params }), response: schemas.responses(good, codes) } }
}
