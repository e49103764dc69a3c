import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCommandLine } from '#cli/command-line'
import { MemoryNetwork } from '#mesh/memory'
import { DataFolders } from '../support/data-folders.ts'
import { eventually } from '../support/eventually.ts'
import { HttpAgent } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'

const folders = new DataFolders()
let network: MemoryNetwork
let agents: HttpAgent[]
let printed: string[]

beforeEach(async () => {
  network = new MemoryNetwork()
  agents = await Promise.all(
    ['node-1', 'node-2', 'node-3'].map((nodeId) => new HttpAgent(createNode(network, nodeId)).start()),
  )
  printed = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0)
  await put(0, 8, 'first guess')
  await eventually('all have the first value', async () => (await values()).every((value) => value === 8))
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const agent of agents) await agent.close()
})
afterAll(() => folders.remove())

const put = (agent: number, value: unknown, reason?: string) =>
  agents[agent]!.call('PUT', '/v1/config/pool/size', { body: { value, reason } })
const get = (agent: number) => agents[agent]!.call('GET', '/v1/config/pool/size')
const values = async () => (await Promise.all(agents.map((_, i) => get(i)))).map(({ body }) => body?.value)

/** Runs a command line against the first agent. */
async function cli(...words: string[]): Promise<string> {
  printed = []
  expect(await runCommandLine([...words, '--http', agents[0]!.url])).toBe(0)
  return printed.join('')
}

/** Two writes on two sides of a partition, which then meet. */
async function conflict(): Promise<void> {
  network.partition(['node-3'])
  await put(0, 15)
  await put(2, 20, 'load test')
  network.heal()
  await eventually(
    'all have both',
    async () => (await get(0)).body.siblings.length === 2 && (await values()).every((one) => one === 20),
  )
}

describe('explain', () => {
  it('says in sentences who set a value and why, and that all have it', async () => {
    const text = await cli('explain', 'pool.size')
    expect(text).toMatch(/^pool\.size is 8, written by node-1 at \S+Z \(first guess\)\.\n/)
    expect(text).toContain("nothing stood here before node-1's 8.")
    await eventually('in step', async () => (await cli('explain', 'pool.size')).includes('All 3 live nodes have it.'))
  })

  it('says which of two values won over which, by what rule', async () => {
    await conflict()
    expect(await cli('explain', 'pool.size')).toMatch(
      /node-3's 20 won over node-1's 15: written without knowledge of each other, equal priority, node-3's is (\d+ ms later|later by its logical clock)/,
    )
  })

  it('names who lacks it, and a deletion', async () => {
    network.partition(['node-3'])
    await agents[0]!.call('DELETE', '/v1/config/pool/size?reason=unused')
    const text = await cli('explain', 'pool.size')
    expect(text).toMatch(/^pool\.size was deleted by node-1 at \S+Z \(unused\)\.\n/)
    expect(text).toMatch(/node-3 has not (shown that it has it|told yet)/)
  })

  it('gives the sentences as JSON', async () => {
    expect(JSON.parse(await cli('explain', 'pool.size', '--json')).sentences).toHaveLength(3)
  })
})

describe('history', () => {
  it('is drawn with who had seen what, who met and who won', async () => {
    await conflict()
    const lines = (await cli('history', 'pool.size', '--diagram')).split('\n')
    expect(lines[0]).toMatch(/node-1 +node-3$/)
    expect(lines[1]).toMatch(/• +node-1:1 {2}8 {2}"first guess"$/)
    expect(lines.find((line) => line.includes('node-1:2'))).toMatch(/○ .* 15 {2}\(had seen node-1:1\)$/)
    expect(lines.find((line) => line.includes('node-3:1'))).toMatch(
      /├─+▶● .*20 {2}"load test" {2}\(had seen node-1:1\)$/,
    )
    expect(lines.find((line) => line.includes('won over'))).toMatch(/╪═+◆ /)
  })

  it('is exported for ShiViz, as Mermaid, as SVG and as data', async () => {
    await conflict()
    await agents[0]!.call('PUT', '/v1/config/log/level', { body: { value: 'debug' } })
    expect(await cli('history', '--all', '--format', 'shiviz')).toContain(
      'node-3 {"node-1":1,"node-3":1}\npool.size = 20',
    )
    expect(await cli('history', 'pool.size', '--mermaid')).toMatch(/^sequenceDiagram\n {2}participant n0 as node-1\n/)
    const file = folders.path('pool.svg')
    await cli('history', 'pool.size', '--svg', file)
    expect(readFileSync(file, 'utf8')).toMatch(/^<svg [\s\S]*load test[\s\S]*<\/svg>\n$/)
    const { lanes, marks, meetings } = JSON.parse(await cli('history', '--all', '--format', 'json'))
    expect([lanes, marks.length, meetings.length]).toEqual([['node-1', 'node-3'], 4, 1])
  })

  it('wants one parameter or all, and one way to draw', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const http = ['--http', agents[0]!.url]
    expect(await runCommandLine(['history', ...http])).toBe(2)
    expect(await runCommandLine(['history', 'a.b', '--all', '--diagram', ...http])).toBe(2)
    expect(await runCommandLine(['history', 'a.b', '--diagram', '--mermaid', ...http])).toBe(2)
    expect(await runCommandLine(['history', 'a.b', '--format', 'png', ...http])).toBe(2)
  })
})

describe('top', () => {
  it('shows the members, the last changes and conflicts at one look', async () => {
    await conflict()
    await eventually('in step', async () => (await cli('top', '--once')).includes('● all 3 in step'))
    const text = await cli('top', '--once')
    expect(text).toMatch(/coordinator \S/)
    expect(text).toMatch(/node-3 +live +yes +0 /)
    expect(text).toMatch(/pool\.size {2}null → 8 {2}by node-1 \(first guess\)/)
    expect(text).toContain('last conflicts')
    expect(text).toContain("node-3's 20 won over node-1's 15")
  })

  it('says who is behind', async () => {
    // So slow that whoever is cut off is not given up while this looks.
    await agents[0]!.call('PUT', '/v1/config/mesh/heartbeat_interval_ms', { body: { value: 2_000 } })
    await eventually('in step', async () => (await cli('top', '--once')).includes('● all 3 in step'))
    network.partition(['node-3'])
    await put(0, 9)
    const behind = /○ .*node-3[\s\S]*node-3 +\S+ +no +1 /
    await eventually('it is named', async () => behind.test(await cli('top', '--once')))
  })

  it('goes on in a pipe when the agent does not answer, and says so', async () => {
    printed = []
    const ended = runCommandLine(['top', '--interval', '0.02', '--json', '--http', agents[0]!.url])
    const last = () => JSON.parse(printed.at(-1)!)
    await eventually('a look', () => printed.length > 0)
    expect(last()).toMatchObject({ lost: null, status: { nodeId: 'node-1' } })
    await agents.shift()!.close()
    await eventually('it is lost', () => last().lost !== null)
    expect(last()).toMatchObject({ lost: { reason: expect.stringContaining('ECONNREFUSED') } })
    process.emit('SIGHUP')
    expect(await ended).toBe(0)
  })

  it('is one document with --once --json', async () => {
    const { status, lacks, changes } = JSON.parse(await cli('top', '--once', '--json'))
    expect(status.members).toHaveLength(3)
    expect(lacks).toHaveLength(3)
    expect(changes[0]).toMatchObject({ section: 'pool', parameter: 'size', value: 8 })
  })
})
