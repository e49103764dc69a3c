import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSession } from '#cli/agent-command'
import { type Console, runTop } from '#cli/top/run'
import { MemoryNetwork } from '#mesh/memory'
import { eventually } from '../support/eventually.ts'
import { HttpAgent } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'

const ENTER = '\u001b[?1049h'
const LEAVE = '\u001b[?1049l'

/** A terminal that remembers what was written, and whether single keys are read. */
class FakeConsole {
  readonly stdin = Object.assign(new PassThrough(), { isRaw: false, setRawMode: (raw: boolean) => this.#setRaw(raw) })
  readonly stdout = Object.assign(new PassThrough(), { columns: 100, rows: 30, isTTY: true })
  text = ''

  constructor() {
    this.stdout.on('data', (chunk) => {
      this.text += chunk
    })
  }

  get raw(): boolean {
    return this.stdin.isRaw
  }

  press(key: string): void {
    this.stdin.write(key)
  }

  #setRaw(raw: boolean): unknown {
    this.stdin.isRaw = raw
    return this.stdin
  }
}

let network: MemoryNetwork
let agent: HttpAgent
let terminal: FakeConsole
let ended: Promise<void>

beforeEach(async () => {
  network = new MemoryNetwork()
  agent = await new HttpAgent(createNode(network)).start()
  terminal = new FakeConsole()
  ended = runTop(openSession({ http: agent.url }), 20, terminal as unknown as Console)
  await eventually('the screen stands', () => terminal.text.includes('in step'))
})
afterEach(async () => {
  terminal.press('q')
  await ended
  await agent.close()
})

describe('top on a terminal', () => {
  it('shows what happens while it stands', async () => {
    expect(terminal.text.startsWith(ENTER)).toBe(true)
    expect(terminal.raw).toBe(true)
    await agent.call('PUT', '/v1/config/auto_tuner_state/pool', { body: { value: { frozen: false } } })
    await agent.call('PUT', '/v1/config/pool/size', { body: { value: 8, reason: 'load test' } })
    await eventually('the change is shown', () => terminal.text.includes('by node-1 (load test)'))
    expect(terminal.text, 'the memory of the tuner is nobody’s change').not.toContain('auto_tuner_state')
  })

  it('shows a conflict that comes while it stands', async () => {
    const conflicts = () => agent.call('GET', '/v1/conflicts')
    const [one, other] = [createNode(network, 'node-2'), createNode(network, 'node-3')]
    await Promise.all([one.start(), other.start()])
    await Promise.all([one.publishUpdate('pool', 'limit', 1), other.publishUpdate('pool', 'limit', 2)])
    await eventually('they meet', async () => (await conflicts()).body.total === 1)
    await eventually('it is shown', () => terminal.text.includes('last conflicts'))
    await Promise.all([one.stop(), other.stop()])
  })

  it.each([
    ['q', 'q'],
    ['Ctrl-C', '\u0003'],
  ])('gives the terminal back as it was at %s', async (_, key) => {
    terminal.press(key)
    await ended
    expect(terminal.text.endsWith(LEAVE)).toBe(true)
    expect(terminal.raw).toBe(false)
    expect(process.listenerCount('SIGINT')).toBe(0)
  })

  it('says that the agent does not answer, and goes on', async () => {
    await agent.close()
    await eventually('it is said', () => terminal.text.includes('no answer for'))
  })
})
