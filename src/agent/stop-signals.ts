import type { EventEmitter } from 'node:events'
import type { Logger } from 'pino'

/** A stop takes milliseconds; what takes longer will not end by itself. */
const STOP_MS_MAX = 10_000

/** SIGTERM and SIGINT of a process, one after the other; none is lost between two waits. */
export class StopSignals {
  readonly #source: EventEmitter
  readonly #received: NodeJS.Signals[] = []
  #waiting: ((signal: NodeJS.Signals) => void) | undefined
  readonly #receive = (signal: NodeJS.Signals): void => {
    if (!this.#waiting) return void this.#received.push(signal)
    this.#waiting(signal)
    this.#waiting = undefined
  }

  constructor(source: EventEmitter = process) {
    this.#source = source
    source.on('SIGTERM', this.#receive)
    source.on('SIGINT', this.#receive)
  }

  next(): Promise<NodeJS.Signals> {
    const received = this.#received.shift()
    if (received) return Promise.resolve(received)
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  release(): void {
    this.#source.off('SIGTERM', this.#receive)
    this.#source.off('SIGINT', this.#receive)
  }
}

/**
 * Waits for a signal, then stops.
 * @returns the exit code: 0 after a clean stop, 1 when it failed, or a second signal or the deadline cut it short
 */
export async function stopOnSignal(
  signals: StopSignals,
  stop: () => Promise<void>,
  logger: Logger,
  stopMsMax = STOP_MS_MAX,
): Promise<number> {
  const signal = await signals.next()
  logger.info({ event: 'agent.stopping', signal }, `${signal}: stopping`)
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not stopped after ${stopMsMax} ms`), stopMsMax)
  })
  const stopped = stop().then(
    () => undefined,
    (error: unknown) => `stopping failed: ${error}`,
  )
  const cutShort = await Promise.race([stopped, signals.next(), deadline])
  clearTimeout(timer)
  if (cutShort === undefined) logger.info({ event: 'agent.stopped' }, 'stopped')
  else logger.error({ event: 'agent.cut-short' }, cutShort)
  return cutShort === undefined ? 0 : 1
}
