import { beforeEach, describe, expect, it } from 'vitest'
import { ConfigSyncError } from '#core/errors'
import type { ConfigSyncEvents } from '#node/types'
import type { LogLevel } from '#observe/log-levels'
import { createLogger, logEvents } from '#observe/logging'

type Listener = (event: never) => void

let lines: Record<string, unknown>[]
let listeners: Map<string, Listener>

/** What logging needs of a node: its events. */
function startLogging(level: LogLevel): () => void {
  lines = []
  listeners = new Map()
  const on = (name: string, listener: Listener) => {
    listeners.set(name, listener)
    return () => void listeners.delete(name)
  }
  const logger = createLogger(level, 'node-1', { write: (line) => void lines.push(JSON.parse(line)) })
  return logEvents({ on } as unknown as Parameters<typeof logEvents>[0], logger)
}

const emit = <Name extends keyof ConfigSyncEvents>(name: Name, event: unknown) => listeners.get(name)?.(event as never)

const update = (nodeId: string, value: unknown) => ({
  section: 'mesh',
  parameter: 'batch',
  value,
  deleted: false,
  nodeId,
  origin: `${nodeId}~00000000000000ff`,
  sequence: 3,
  timestamp: [1000, 0],
  versionVector: {},
  priority: 1,
  rule: 'latest',
  epoch: 0,
  reason: 'load test',
})
const change = (value: unknown, previous?: unknown) => ({
  revision: 9,
  source: 'remote',
  changes: [{ section: 'mesh', parameter: 'batch', value, previous, deleted: false, update: update('node-2', value) }],
})

beforeEach(() => void startLogging('info'))

describe('structured logs', () => {
  it('has one line for each change: what, from what, by whom, why', () => {
    emit('change', change(15, 10))
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        node: 'node-1',
        event: 'config.changed',
        section: 'mesh',
        parameter: 'batch',
        value: 15,
        previous: 10,
        deleted: false,
        by: 'node-2',
        origin: 'node-2~00000000000000ff',
        sequence: 3,
        priority: 1,
        reason: 'load test',
        source: 'remote',
        revision: 9,
        msg: 'mesh.batch',
      },
    ])
  })

  it('has what the tuner writes down after each window only at debug', () => {
    const memory = { ...change(1), changes: [{ ...change(1).changes[0]!, section: 'auto_tuner_state' }] }
    emit('change', memory)
    expect(lines).toEqual([])
    startLogging('debug')
    emit('change', memory)
    expect(lines).toMatchObject([{ level: 'debug', event: 'config.changed', section: 'auto_tuner_state' }])
  })

  it('cuts long values, and keeps small ones as they are', () => {
    emit('change', change({ small: [1] }, 'x'.repeat(10_000)))
    emit('change', change({ large: 'x'.repeat(10_000) }))
    expect(lines[0]!['value']).toEqual({ small: [1] })
    expect(lines[0]!['previous']).toMatch(/^x{256}… \(10000 characters\)$/)
    expect(lines[1]!['value']).toMatch(/^\{"large":"x+… \(\d+ characters\)$/)
  })

  it('has one line for each conflict, with the rule that decided it and all who took part', () => {
    emit('conflict', {
      section: 'mesh',
      parameter: 'batch',
      at: 0,
      winner: update('node-2', 20),
      losers: [update('node-3', 15)],
      decidedBy: 'timestamp',
      value: 20,
      explanation: "node-2's 20 won",
    })
    expect(lines).toMatchObject([
      {
        event: 'config.conflict',
        decidedBy: 'timestamp',
        value: 20,
        winner: { nodeId: 'node-2', value: 20 },
        losers: [{ nodeId: 'node-3', value: 15 }],
        msg: "node-2's 20 won",
      },
    ])
  })

  it('tells members, the coordinator, repairs and readiness', () => {
    emit('member', { nodeId: 'node-2', state: 'gone' })
    emit('coordinator', { coordinator: 'node-1', self: true, epoch: 2 })
    emit('repair', { from: 'node-2', updates: 4, full: false, outcome: 'complete', elapsedMs: 3 })
    emit('repair', { from: 'node-2', updates: 0, full: false, outcome: 'empty', elapsedMs: 3 })
    emit('ready', { elapsedMs: 12 })
    expect(lines.map(({ event }) => event)).toEqual(['mesh.member', 'mesh.coordinator', 'mesh.repaired', 'node.ready'])
  })

  it('limits the lines of one code, so that a hostile sender cannot fill the disk', async () => {
    for (let i = 0; i < 1_000; i++)
      emit('rejected', { code: 'FRAME_MALFORMED', detail: `x${'y'.repeat(999)}`, nodeId: 'node-9' })
    emit('rejected', { code: 'VALUE_INVALID', detail: 'other', nodeId: 'node-9', section: 'a', parameter: 'b' })
    await Promise.resolve()
    expect(lines.filter(({ code }) => code === 'FRAME_MALFORMED')).toHaveLength(10)
    expect(lines.at(-1)).toMatchObject({
      level: 'warn',
      event: 'config.rejected',
      code: 'VALUE_INVALID',
      from: 'node-9',
      section: 'a',
    })
    expect((lines[0]!['msg'] as string).length).toBeLessThan(300)
  })

  it('warns of trouble with the world, and calls an error what is broken here', () => {
    emit('error', new ConfigSyncError('PEER_UNREACHABLE', '127.0.0.1:1', { cause: new Error('ECONNREFUSED') }))
    emit('error', new ConfigSyncError('DIVERGENCE', 'node-2'))
    expect(lines).toMatchObject([
      {
        level: 'warn',
        event: 'node.trouble',
        code: 'PEER_UNREACHABLE',
        reason: 'ECONNREFUSED',
        hint: expect.any(String),
      },
      { level: 'error', event: 'node.trouble', code: 'DIVERGENCE' },
    ])
  })

  it('has one line for trouble that is told as a rejection too', async () => {
    emit('rejected', { code: 'PEER_UNREACHABLE', detail: '127.0.0.1:1', nodeId: undefined })
    emit('error', new ConfigSyncError('PEER_UNREACHABLE', '127.0.0.1:1'))
    emit('rejected', { code: 'PEER_UNREACHABLE', detail: '127.0.0.1:2', nodeId: undefined })
    await Promise.resolve()
    expect(lines.map(({ event, msg }) => [event, msg])).toEqual([
      ['node.trouble', '127.0.0.1:1'],
      ['config.rejected', '127.0.0.1:2'],
    ])
  })

  it('says nothing below its level, nor after it was stopped', () => {
    const stop = startLogging('warn')
    emit('change', change(1))
    stop()
    emit('rejected', { code: 'VALUE_INVALID', detail: 'x', nodeId: undefined })
    expect(lines).toEqual([])
  })
})
