import type { FastifyInstance } from 'fastify'
import { ConfigSyncError, type ErrorCode } from '#core/errors'
import type { JsonValue } from '#core/json'
import type { ConfigChangeRequest, WriteOptions } from '#node/types'
import type { HttpContext } from './context.ts'
import * as schemas from './schemas.ts'
import { parameterJson, writeJson } from './views.ts'

interface ParameterPath {
  readonly section: string
  readonly parameter: string
}

interface PutBody extends WriteOptions {
  readonly value: JsonValue
}

interface PatchChange extends ParameterPath, WriteOptions {
  readonly value?: JsonValue
  readonly deleted?: true
}

/** Reading and writing parameters: /v1/config and below. */
export function configRoutes(app: FastifyInstance, context: HttpContext): void {
  readRoutes(app, context)
  writeRoutes(app, context)
}

function readRoutes(app: FastifyInstance, { sync }: HttpContext): void {
  const read = (
    operationId: string,
    summary: string,
    params: schemas.Schema | undefined,
    good: schemas.Schema,
    codes: readonly ErrorCode[] = [],
  ) => ({
    schema: {
      operationId,
      summary,
      tags: ['config'],
      ...(params && { params }),
      querystring: schemas.NO_QUERY,
      response: schemas.responses(good, codes),
    },
  })

  app.get('/v1/config', read('getConfig', 'All effective values', undefined, schemas.CONFIG_ANSWER), () =>
    sync.getAll(),
  )

  app.get<{ Params: { section: string } }>(
    '/v1/config/:section',
    read('getSection', 'Effective values of one section', schemas.SECTION_PATH, schemas.SECTION_ANSWER, [
      'PARAMETER_UNKNOWN',
    ]),
    ({ params }) => {
      const all = sync.getAll()
      if (Object.hasOwn(all, params.section)) return all[params.section]
      throw new ConfigSyncError('PARAMETER_UNKNOWN', `no parameter of section "${params.section}" has a value`)
    },
  )

  app.get<{ Params: ParameterPath }>(
    '/v1/config/:section/:parameter',
    read('getParameter', 'One parameter, with the writes behind it', schemas.PARAMETER_PATH, schemas.PARAMETER_ANSWER, [
      'PARAMETER_UNKNOWN',
    ]),
    ({ params: { section, parameter } }) => {
      const view = sync.inspect(section, parameter)
      if (view) return parameterJson(view)
      throw new ConfigSyncError('PARAMETER_UNKNOWN', `${section}.${parameter} was never set and is not declared`)
    },
  )
}

function writeRoutes(app: FastifyInstance, context: HttpContext): void {
  const { sync } = context
  const onRequest = async () => refuseWhileStopping(context)

  app.put<{ Params: ParameterPath; Body: PutBody }>(
    '/v1/config/:section/:parameter',
    {
      onRequest,
      schema: {
        operationId: 'putParameter',
        summary: 'Write one parameter',
        tags: ['config'],
        params: schemas.PARAMETER_PATH,
        querystring: schemas.NO_QUERY,
        body: schemas.PUT_BODY,
        response: schemas.responses(schemas.WRITE_ANSWER, [...schemas.WRITE_PROBLEMS, ...schemas.BODY_PROBLEMS]),
      },
    },
    async ({ params: { section, parameter }, body: { value, ...options } }) => {
      refuseWhileStopping(context)
      return writeJson(await sync.publishUpdate(section, parameter, value, options))
    },
  )

  app.delete<{ Params: ParameterPath; Querystring: { priority?: string; reason?: string } }>(
    '/v1/config/:section/:parameter',
    {
      onRequest,
      schema: {
        operationId: 'deleteParameter',
        summary: 'Delete one parameter',
        tags: ['config'],
        params: schemas.PARAMETER_PATH,
        querystring: schemas.DELETE_QUERY,
        response: schemas.responses(schemas.WRITE_ANSWER, [...schemas.WRITE_PROBLEMS, 'PARAMETER_UNKNOWN']),
      },
    },
    async ({ params: { section, parameter }, query: { priority, reason }, body }) => {
      if (body !== undefined)
        throw new ConfigSyncError('REQUEST_INVALID', 'DELETE takes no body; give priority and reason in the query')
      refuseWhileStopping(context)
      const options = {
        ...(priority !== undefined && { priority: Number(priority) }),
        ...(reason !== undefined && { reason }),
      }
      return writeJson(await sync.deleteParameter(section, parameter, options))
    },
  )

  app.patch<{ Body: { changes: readonly PatchChange[] } }>(
    '/v1/config',
    {
      onRequest,
      schema: {
        operationId: 'patchConfig',
        summary: 'Write several parameters, all or nothing',
        tags: ['config'],
        querystring: schemas.NO_QUERY,
        body: schemas.PATCH_BODY,
        response: schemas.responses(schemas.WRITES_ANSWER, [
          ...schemas.WRITE_PROBLEMS,
          ...schemas.BODY_PROBLEMS,
          'GROUP_INVALID',
          'GROUP_TOO_LARGE',
        ]),
      },
    },
    async ({ body }) => {
      const changes = body.changes.map(changeRequest)
      refuseWhileStopping(context)
      return { updates: (await sync.publishUpdates(changes)).map(writeJson) }
    },
  )
}

/** Asked before the body is read, and again before the write: reading it may have taken a while. */
function refuseWhileStopping({ isStopping }: HttpContext): void {
  if (isStopping()) throw new ConfigSyncError('STOPPING', 'this agent is shutting down')
}

function changeRequest({ deleted, ...change }: PatchChange, index: number): ConfigChangeRequest {
  const hasValue = Object.hasOwn(change, 'value')
  if (hasValue === (deleted === true)) {
    throw new ConfigSyncError('REQUEST_INVALID', `body/changes/${index} must have either value or "deleted": true`)
  }
  return { ...change, value: deleted ? undefined : change.value }
}
