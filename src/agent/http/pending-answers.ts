import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/**
 * What is under way on each connection, so that the answer to bytes that are no request does not come in the place of
 * the answer to the request before them: a write that was made must not look refused.
 */
export class PendingAnswers {
  readonly #exchanges = new WeakMap<Duplex, Set<Exchange>>()
  readonly #faulty = new WeakSet<Duplex>()
  readonly #answerMsMax: number

  /** @param answerMsMax how long the answers to whole requests may take once a connection is known to be faulty */
  constructor(answerMsMax: number) {
    this.#answerMsMax = answerMsMax
  }

  /** To be called before the server has its first request. */
  watch(server: Server): void {
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request
      const exchanges = this.#exchanges.get(socket) ?? new Set()
      this.#exchanges.set(socket, exchanges)
      const exchange = { request, response }
      exchanges.add(exchange)
      response.once('close', () => exchanges.delete(exchange))
    })
  }

  /** Calls back, once for a connection, when every request that came whole has its answer; a stream has none and is cut. */
  whenAnswered(socket: Duplex, answer: () => void): void {
    if (this.#faulty.has(socket)) return
    this.#faulty.add(socket)
    const whole = [...(this.#exchanges.get(socket) ?? [])].filter(({ request }) => request.complete)
    let waiting = whole.length
    if (waiting === 0) {
      answer()
      return
    }
    const timer = setTimeout(() => socket.destroy(), this.#answerMsMax).unref()
    socket.once('close', () => clearTimeout(timer))
    for (const { response } of whole)
      response.once('close', () => {
        if (--waiting === 0) answer()
      })
  }
}
