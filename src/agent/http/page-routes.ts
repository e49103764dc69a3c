import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ConfigSyncError } from '#core/errors'
import { wantsPage } from './access.ts'
import type { HttpContext } from './context.ts'
import type { PageFile, PageFiles } from './page-files.ts'
import type { RouteTable } from './route-table.ts'
import * as schemas from './schemas.ts'

/** Nothing but this agent's own files runs, and nothing but this agent is asked. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** An asset's name holds a hash of what is in it. */
const ASSET_CACHE = 'public, max-age=31536000, immutable'

const page = { 'text/html': { schema: { type: 'string' } } }
const asset = { description: 'a file of the page', content: { '*/*': { schema: { type: 'string' } } } }

/**
 * The dashboard. Its files hold no data of the mesh and are the same in every agent of this version, so that they need no
 * token; what the page asks for then does.
 */
export function pageRoutes(app: FastifyInstance, { sync }: HttpContext, routes: RouteTable, files: PageFiles): void {
  const answers = schemas.responses(schemas.INDEX_ANSWER)
  const ok = answers['200'] as { content: object }
  app.get(
    '/',
    {
      schema: {
        operationId: 'getIndex',
        summary: 'What there is; for a browser (Accept: text/html) the dashboard',
        tags: ['operations'],
        querystring: schemas.NO_QUERY,
        response: { ...answers, 200: { ...ok, content: { ...ok.content, ...page } } },
      },
    },
    (request, reply) => {
      reply.header('vary', 'accept, accept-encoding')
      if (files.index && wantsPage(request.raw)) return send(request, reply, files.index, 'no-cache')
      const { nodeId, cluster } = sync.status()
      return reply.send({ name: 'ConfigSync agent', nodeId, cluster, calls: routes.calls() })
    },
  )

  app.get<{ Params: { file: string } }>(
    '/assets/:file',
    {
      schema: {
        operationId: 'getAsset',
        summary: 'A file of the dashboard',
        tags: ['operations'],
        params: schemas.ASSET_PATH,
        querystring: schemas.NO_QUERY,
        response: { ...schemas.responses({}, ['ROUTE_UNKNOWN']), 200: asset },
      },
    },
    (request, reply) => {
      const file = files.asset(request.params.file)
      if (!file) throw new ConfigSyncError('ROUTE_UNKNOWN', `the dashboard has no file "${request.params.file}"`)
      reply.header('vary', 'accept-encoding')
      return send(request, reply, file, ASSET_CACHE)
    },
  )
}

function send(request: FastifyRequest, reply: FastifyReply, file: PageFile, cache: string): FastifyReply {
  reply.headers({
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': cache,
    etag: file.etag,
  })
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  const gzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  if (gzip) reply.header('content-encoding', 'gzip')
  // Already bytes: Fastify sends a Buffer as it is.
  return reply.type(file.mediaType).send(gzip ? file.gzipped : file.bytes)
}
