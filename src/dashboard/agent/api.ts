const TOKEN_KEY = 'configsync-token'

/** What an agent refused, in its own words (RFC 9457). */
export class Refused extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string

  constructor(status: number, code: string, detail: string, hint: string) {
    super(detail)
    this.status = status
    this.code = code
    this.hint = hint
  }
}

interface Call {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** The public HTTP API of the agent that served this page: the page knows nothing by any other way. */
export class Api {
  #token = sessionStorage.getItem(TOKEN_KEY)

  /** Kept until the tab closes; never in a cookie, which the browser would send by itself. */
  set token(token: string) {
    this.#token = token
    sessionStorage.setItem(TOKEN_KEY, token)
  }

  async get<Answer>(path: string): Promise<Answer> {
    return (await (await this.call(path)).json()) as Answer
  }

  async send<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    return (await (await this.call(path, { method, body })).json()) as Answer
  }

  /** @throws Refused unless the answer is a success */
  async call(path: string, { method = 'GET', body, headers, signal }: Call = {}): Promise<Response> {
    const response = await fetch(path, {
      method,
      cache: 'no-store',
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(this.#token !== null && { authorization: `Bearer ${this.#token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
    if (response.ok) return response
    throw await refusal(response)
  }
}

async function refusal(response: Response): Promise<Refused> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Record<'code' | 'detail' | 'hint', string>>
  const { code = 'INTERNAL', detail = `${response.status} ${response.statusText}`, hint = '' } = problem
  return new Refused(response.status, code, detail, hint)
}

export const configPath = (section: string, parameter: string): string =>
  `/v1/config/${encodeURIComponent(section)}/${encodeURIComponent(parameter)}`

export const historyPath = (section: string, parameter: string): string =>
  `/v1/history/${encodeURIComponent(section)}/${encodeURIComponent(parameter)}`
