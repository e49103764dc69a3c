import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, it } from 'vitest'
import { StopSignals, stopOnSignal } from '#agent/stop-signals'
import { createLogger } from '#observe/logging'

let source: EventEmitter
let signals: StopSignals
let events: unknown[]
const run = (stop: () => Promise<void>, stopMsMax?: number) => {
  const logger = createLogger('info', 'node-1', { write: (line) => void events.push(JSON.parse(line).event) })
  return stopOnSignal(signals, stop, logger, stopMsMax)
}
const never = () => new Promise<void>(() => undefined)

beforeEach(() => {
  source = new EventEmitter()
  signals = new StopSignals(source)
  events = []
})

describe('the end of an agent', () => {
  it.each(['SIGTERM', 'SIGINT'])('%s stops it cleanly', async (signal) => {
    const exitCode = run(async () => undefined)
    source.emit(signal, signal)
    expect(await exitCode).toBe(0)
    expect(events).toEqual(['agent.stopping', 'agent.stopped'])
  })

  it('a signal that came before anybody waited counts', async () => {
    source.emit('SIGTERM', 'SIGTERM')
    expect(await run(async () => undefined)).toBe(0)
  })

  it('a second signal ends a stop that hangs, with exit code 1', async () => {
    const exitCode = run(never)
    source.emit('SIGTERM', 'SIGTERM')
    source.emit('SIGTERM', 'SIGTERM')
    expect(await exitCode).toBe(1)
    expect(events).toEqual(['agent.stopping', 'agent.cut-short'])
  })

  it('the deadline ends a stop that hangs, with exit code 1', async () => {
    source.emit('SIGTERM', 'SIGTERM')
    expect(await run(never, 20)).toBe(1)
  })

  it('a stop that fails is exit code 1', async () => {
    source.emit('SIGTERM', 'SIGTERM')
    expect(await run(() => Promise.reject(new Error('x')))).toBe(1)
    expect(events).toEqual(['agent.stopping', 'agent.cut-short'])
  })

  it('leaves no listener behind', () => {
    signals.release()
    expect(source.eventNames()).toEqual([])
  })
})
