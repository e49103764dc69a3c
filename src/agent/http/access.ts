import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ConfigSyncError } from '#core/errors'
import { isLoopback } from '#mesh/tls/address'

/** These must answer whoever keeps the process alive; they tell nothing else. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

/** Who may ask this agent anything at all. */
export class Access {
  readonly #checkHost: boolean
  readonly #tokenHash: Buffer | undefined

  /** @throws ConfigSyncError TOKEN_REQUIRED when the address can be reached from elsewhere and there is no token */
  constructor(listenHost: string, token: string | undefined) {
    this.#checkHost = isLoopback(listenHost)
    if (!this.#checkHost && token === undefined) {
      throw new ConfigSyncError(
        'TOKEN_REQUIRED',
        `HTTP on ${listenHost} can be reached from other machines and there is no token`,
      )
    }
    this.#tokenHash = token === undefined ? undefined : sha256(token)
  }

  /** @throws ConfigSyncError HOST_REFUSED, TOKEN_REQUIRED */
  check(request: IncomingMessage, path: string): void {
    if (this.#checkHost && !namesLoopback(request.headers.host)) {
      throw new ConfigSyncError(
        'HOST_REFUSED',
        `this agent listens on loopback; the Host header says "${request.headers.host ?? ''}"`,
      )
    }
    if (this.#tokenHash === undefined || isOpen(request, path)) return
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (given === undefined) throw new ConfigSyncError('TOKEN_REQUIRED', 'the request has no bearer token')
    if (!timingSafeEqual(sha256(given), this.#tokenHash))
      throw new ConfigSyncError('TOKEN_REQUIRED', "the bearer token is not this agent's")
  }
}

/** What needs no token: probes, and the files of the dashboard, which are the same everywhere. */
const isOpen = (request: IncomingMessage, path: string): boolean =>
  OPEN_PATHS.has(path) || (isRead(request) && (path.startsWith('/assets/') || (path === '/' && wantsPage(request))))

const isRead = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD'

/** A browser that opens the page, and no program: those do not name HTML, and are answered JSON. */
export const wantsPage = ({ headers }: IncomingMessage): boolean => /\btext\/html\b/i.test(headers.accept ?? '')

/**
 * A page of another site can make its own name resolve to 127.0.0.1 (DNS rebinding) and would then be of the same
 * origin as this agent; its name in the Host header gives it away.
 */
function namesLoopback(hostHeader: string | undefined): boolean {
  const host = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(hostHeader ?? '')?.[1] ?? ''
  return isLoopback(host.toLowerCase().replace(/^\[|\]$/g, ''))
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
