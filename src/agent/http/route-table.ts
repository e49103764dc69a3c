import type { FastifyInstance } from 'fastify'

interface KnownPath {
  readonly pattern: RegExp
  readonly methods: Set<string>
}

/** The paths that this agent answers, so that a wrong method is told from a wrong path. */
export class RouteTable {
  readonly #paths = new Map<string, KnownPath>()

  /** Listens for the routes of `app`: to be made before the first of them. */
  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method }) => {
      const known = this.#paths.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() }
      for (const one of [method].flat()) known.methods.add(one)
      this.#paths.set(url, known)
    })
  }

  /** `GET /v1/config`, and so on. */
  calls(): string[] {
    return [...this.#paths].flatMap(([url, { methods }]) =>
      [...methods].filter((method) => method !== 'HEAD').map((method) => `${method} ${url}`),
    )
  }

  /** The methods that a path answers; undefined for a path that there is not. */
  methodsOf(path: string): readonly string[] | undefined {
    for (const { pattern, methods } of this.#paths.values()) if (pattern.test(path)) return [...methods]
    return undefined
  }
}

const patternOf = (url: string): RegExp => new RegExp(`^${url.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`)
