import type { FastifyInstance } from 'fastify'
import { ConfigSyncError } from '#core/errors'
import type { JsonValue } from '#core/json'
import type { ConfigChangeRequest, WriteOptions } from '#node/types'
import { type HttpContext, refuseWhileStopping } from './context.ts'
import * as schemas from './schemas.ts'
import { writeJson } from './views.ts'

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

/** Writing parameters. While the agent stops, nothing is written. */
export function writeRoutes(app: FastifyInstance, context: HttpContext): void {
  putParameter(app, context)
  deleteParameter(app, context)
  patchConfig(app, context)
}

function putParameter(app: FastifyInstance, context: HttpContext): void {
  app.put<{ Params: ParameterPath; Body: PutBody }>(
    '/v1/config/:section/:parameter',
    {
      onRequest: async () => refuseWhileStopping(context),
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
      return writeJson(await context.sync.publishUpdate(section, parameter, value, options))
    },
  )
}

function deleteParameter(app: FastifyInstance, context: HttpContext): void {
  app.delete<{ Params: ParameterPath; Querystring: { priority?: string; reason?: string } }>(
    '/v1/config/:section/:parameter',
    {
      onRequest: async () => refuseWhileStopping(context),
      schema: {
        operationId: 'deleteParameter',
        summary: 'Delete one parameter',
        tags: ['config'],
        params: schemas.PARAMETER_PATH,
        querystring: schemas.DELETE_QUERY,
        response: schemas.responses(schemas.WRITE_ANSWER, schemas.WRITE_PROBLEMS),
      },
    },
    async ({ params: { section, parameter }, query: { priority, reason }, body }) => {
      if (body !== undefined) {
        throw new ConfigSyncError('REQUEST_INVALID', 'DELETE takes no body; give priority and reason in the query')
      }
      refuseWhileStopping(context)
      const options = {
        ...(priority !== undefined && { priority: Number(priority) }),
        ...(reason !== undefined && { reason }),
      }
      return writeJson(await context.sync.deleteParameter(section, parameter, options))
    },
  )
}

function patchConfig(app: FastifyInstance, context: HttpContext): void {
  const codes = [...schemas.WRITE_PROBLEMS, ...schemas.BODY_PROBLEMS, 'GROUP_INVALID', 'GROUP_TOO_LARGE'] as const
  app.patch<{ Body: { changes: readonly PatchChange[] } }>(
    '/v1/config',
    {
      onRequest: async () => refuseWhileStopping(context),
      schema: {
        operationId: 'patchConfig',
        summary: 'Write several parameters, all or nothing',
        tags: ['config'],
        querystring: schemas.NO_QUERY,
        body: schemas.PATCH_BODY,
        response: schemas.responses(schemas.WRITES_ANSWER, codes),
      },
    },
    async ({ body }) => {
      const changes = body.changes.map(changeRequest)
      refuseWhileStopping(context)
      return { updates: (await context.sync.publishUpdates(changes)).map(writeJson) }
    },
  )
}

function changeRequest({ deleted, ...change }: PatchChange, index: number): ConfigChangeRequest {
  const hasValue = Object.hasOwn(change, 'value')
  if (hasValue === (deleted === true)) {
    throw new ConfigSyncError('REQUEST_INVALID', `body/changes/${index} must have either value or "deleted": true`)
  }
  return { ...change, value: deleted ? undefined : change.value }
}
