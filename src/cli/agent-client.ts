import { ERROR_CODES, type ErrorCode } from '#core/errors'
import { CommandFailure, usageFailure } from './failure.ts'

/** An agent that has not answered by then is taken for stuck: everything it answers takes milliseconds. */
const ANSWER_MS_MAX = 15_000

export interface AgentClientOptions {
  /** `host:port`, or a URL */
  readonly address: string
  readonly token?: string | undefined
  readonly answerMsMax?: number
}

/**
 * Speaks to one agent's HTTP API. Every failure is a CommandFailure: the agent's own code, detail and hint where it
 * answered with problem details (RFC 9457), AGENT_UNREACHABLE where no agent answered.
 */
export class AgentClient {
  /** `http://host:port` without a slash at the end */
  readonly baseUrl: string
  readonly #token: string | undefined
  readonly #answerMsMax: number

  constructor(options: AgentClientOptions) {
    this.baseUrl = baseUrlOf(options.address)
    this.#token = options.token
    this.#answerMsMax = options.answerMsMax ?? ANSWER_MS_MAX
  }

  get<T>(path: string): Promise<T> {
    return this.#call<T>('GET', path, undefined)
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.#call<T>('PUT', path, body)
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#call<T>('POST', path, body)
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.#call<T>('PATCH', path, body)
  }

  delete<T>(path: string, body?: unknown): Promise<T> {
    return this.#call<T>('DELETE', path, body)
  }

  /** Opens a stream of server-sent events; the caller reads the body and aborts with `signal`. */
  async openStream(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const response = await this.#fetch(path, {
      headers: { ...this.#headers(), ...headers, accept: 'text/event-stream' },
      signal,
    })
    if (!response.ok) throw await this.#problem(response)
    return response
  }

  async #call<T>(method: string, path: string, body: unknown): Promise<T> {
    const headers = { ...this.#headers(), accept: 'application/json' }
    const request: RequestInit = { method, headers, signal: AbortSignal.timeout(this.#answerMsMax) }
    if (body !== undefined) {
      request.body = JSON.stringify(body)
      request.headers = { ...headers, 'content-type': 'application/json' }
    }
    const response = await this.#fetch(path, request)
    if (!response.ok) throw await this.#problem(response)
    try {
      return (await response.json()) as T
    } catch (cause) {
      throw this.#unreachable('what answers there is no ConfigSync agent: its answer is not JSON', cause)
    }
  }

  #headers(): Record<string, string> {
    return this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }
  }

  async #fetch(path: string, request: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.baseUrl}${path}`, request)
    } catch (cause) {
      if (cause instanceof Error && cause.name === 'AbortError') throw cause
      throw this.#unreachable(reasonOf(cause), cause)
    }
  }

  #unreachable(reason: string, cause: unknown): CommandFailure {
    const view = {
      code: 'AGENT_UNREACHABLE',
      detail: `${this.baseUrl}: ${reason}`,
      hint: ERROR_CODES.AGENT_UNREACHABLE.hint,
    }
    return new CommandFailure(view, undefined, { cause })
  }

  async #problem(response: Response): Promise<CommandFailure> {
    const body = (await response.json().catch(() => undefined)) as
      | { code?: unknown; detail?: unknown; hint?: unknown }
      | undefined
    if (typeof body?.code !== 'string') {
      return this.#unreachable(`what answers there is no ConfigSync agent: HTTP status ${response.status}`, undefined)
    }
    const known = ERROR_CODES[body.code as ErrorCode]
    const hint = typeof body.hint === 'string' ? body.hint : known?.hint
    return new CommandFailure({ code: body.code, detail: String(body.detail ?? ''), hint })
  }
}

/** The path of one parameter, names percent-encoded. */
export const parameterPath = (section: string, parameter: string): string =>
  `/v1/config/${encodeURIComponent(section)}/${encodeURIComponent(parameter)}`

/** The same of its history. */
export const historyPath = (section: string, parameter: string): string =>
  `/v1/history/${encodeURIComponent(section)}/${encodeURIComponent(parameter)}`

function baseUrlOf(address: string): string {
  const text = /^https?:\/\//.test(address) ? address : `http://${address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url?.hostname)
    throw usageFailure(`"${address}" is no address of an agent`, 'Give host:port, for example 127.0.0.1:7101.')
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** The system's reason, which fetch hides behind "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  const cause = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause
  return cause instanceof Error && cause.message ? cause.message : error.message
}
