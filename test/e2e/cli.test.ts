import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type CommandResult, RunningCli, runCli } from '../support/processes.ts'
import { type ProcessMesh, startTlsMesh } from '../support/tls-mesh.ts'
import { root } from '../unit/tidy/sources.ts'

const COUNT = 5
let mesh: ProcessMesh

beforeAll(async () => {
  mesh = await startTlsMesh(COUNT)
  await eventually(
    'every node sees all others',
    async () => {
      const lists = await Promise.all(mesh.agents.map((_, i) => json(i, 'nodes')))
      return lists.every((list) => Array.isArray(list) && list.length === COUNT)
    },
    60_000,
  )
}, 120_000)
afterAll(() => mesh?.stop())

/** Asks node-(i+1). */
const cli = (i: number, ...words: string[]): Promise<CommandResult> =>
  runCli([...words, '--http', mesh.agents[i]!.http])

async function json<T = unknown>(i: number, ...words: string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await cli(i, ...words, '--json')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return JSON.parse(stdout) as T
}

/** Waits by HTTP, which is quicker than a process for each question. */
async function untilAllHave(section: string, expected: unknown): Promise<void> {
  await eventually(
    `${section} is ${JSON.stringify(expected)} on every node`,
    async () => {
      const configOf = async (address: string): Promise<Record<string, unknown>> =>
        (await (await fetch(`http://${address}/v1/config`)).json()) as Record<string, unknown>
      const trees = await Promise.all(mesh.agents.map(({ http }) => configOf(http)))
      return trees.every((tree) => isDeepStrictEqual(tree[section], expected))
    },
    30_000,
  )
}

/** Every node is asked by the command line. */
async function expectOnAll(section: string, expected: unknown): Promise<void> {
  await untilAllHave(section, expected)
  const answers = await Promise.all(mesh.agents.map((_, i) => cli(i, 'get', section)))
  expect(answers.map(({ stdout }) => JSON.parse(stdout))).toEqual(mesh.agents.map(() => expected))
}

describe('five agents over TLS, by the command line alone', () => {
  it('have everywhere what was set on one', async () => {
    const { exitCode, stdout } = await cli(2, 'set', 'fleet.mode', 'careful', '--reason', 'a test')
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'fleet.mode = "careful"\n' })
    await expectOnAll('fleet', { mode: 'careful' })
  })

  it('take several changes as one', async () => {
    const { updates } = await json<{ updates: { update: { timestamp: number[] } }[] }>(
      0,
      'set',
      'pair.a=1',
      'pair.b={"x":[true]}',
    )
    expect(updates.map(({ update }) => update.timestamp)).toEqual([
      updates[0]!.update.timestamp,
      updates[0]!.update.timestamp,
    ])
    await expectOnAll('pair', { a: 1, b: { x: [true] } })
  })

  it('--wait ends when every live node has shown that it has it', async () => {
    const answer = await json<{ nodes: string[] }>(1, 'set', 'fleet.size', '5', '--wait', '20')
    expect(answer.nodes.toSorted()).toEqual(['node-1', 'node-2', 'node-3', 'node-4', 'node-5'])
    for (const i of [0, 2, 3, 4]) expect((await cli(i, 'get', 'fleet.size')).stdout).toBe('5\n')
  })

  it('get prints a value, a section, everything, and with --json what is behind a value', async () => {
    await cli(0, 'set', 'text.greeting', 'hello "you"')
    expect((await cli(0, 'get', 'text.greeting')).stdout).toBe('"hello \\"you\\""\n')
    expect((await cli(0, 'get', 'text.greeting', '--raw')).stdout).toBe('hello "you"\n')
    expect(JSON.parse((await cli(0, 'get', 'text')).stdout)).toEqual({ greeting: 'hello "you"' })
    expect(await json(0, 'get')).toMatchObject({ text: { greeting: 'hello "you"' }, fleet: { size: 5 } })
    expect(await json(0, 'get', 'text.greeting')).toMatchObject({
      section: 'text',
      parameter: 'greeting',
      value: 'hello "you"',
      deleted: false,
      update: { nodeId: 'node-1' },
      siblings: [{ value: 'hello "you"' }],
    })
  })

  it('suggest the name that was meant', async () => {
    const { exitCode, stdout, stderr } = await cli(0, 'get', 'text.greetings')
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toBe('PARAMETER_UNKNOWN: no parameter text.greetings\nDid you mean text.greeting?\n')
    expect((await cli(0, 'get', 'txt')).stderr).toContain('Did you mean text?')
  })

  it('take values from the command line as JSON, else as text, negative numbers too', async () => {
    await cli(0, 'set', 'v.negative', '-5')
    await cli(0, 'set', 'v.text', '15', '--string')
    await cli(0, 'set', 'v.null', 'null')
    expect(await json(0, 'get', 'v')).toEqual({ negative: -5, null: null, text: '15' })
  })

  it('take a large value from stdin', async () => {
    const value = 'x'.repeat(300_000)
    const words = ['set', 'v.large', '--file', '-', '--http', mesh.agents[0]!.http]
    expect(await runCli(words, { input: `${JSON.stringify(value)}\n` })).toMatchObject({ exitCode: 0 })
    await eventually(
      'the large value is on node-5',
      async () => (await cli(4, 'get', 'v.large', '--raw')).stdout === `${value}\n`,
    )
    expect((await cli(0, 'list', 'v')).stdout.split('\n').every((line) => line.length < 140)).toBe(true)
  })

  it('delete', async () => {
    await json(0, 'set', 'gone.soon', '1', '--wait', '20')
    expect(await json(3, 'unset', 'gone.soon')).toMatchObject({
      updates: [{ section: 'gone', deleted: true, value: null }],
    })
    await untilAllHave('gone', undefined)
    expect((await cli(1, 'get', 'gone.soon')).stderr).toMatch(/^PARAMETER_UNKNOWN: gone\.soon was deleted/)
    expect(await cli(3, 'unset', 'gone.son')).toMatchObject({ exitCode: 1, stdout: '' })
  })

  it('import what is not already so, and export it again', async () => {
    const file = join(root, 'examples/oppie.json')
    const example = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>
    const count = Object.values(example).reduce((sum, section) => sum + Object.keys(section).length, 0)
    expect(await json(4, 'import', file, '--dry-run')).toMatchObject({ dryRun: true })
    const first = await json<{ changed: unknown[]; unchanged: number }>(4, 'import', file)
    expect(first.changed.length + first.unchanged).toBe(count)
    expect(first.changed.length).toBeGreaterThan(15)
    expect(await json(4, 'import', file)).toEqual({ changed: [], unchanged: count, dryRun: false })
    await expectOnAll('tool_proxy', example['tool_proxy'])
    const { stdout } = await cli(0, 'export', 'recovery', 'tool_proxy')
    expect(JSON.parse(stdout)).toEqual({ recovery: example['recovery'], tool_proxy: example['tool_proxy'] })
    expect(await runCli(['import', '-', '--http', mesh.agents[0]!.http], { input: stdout })).toMatchObject({
      exitCode: 0,
      stdout: '',
    })
  })

  it('watch tells of changes on other nodes, in lines of JSON', async () => {
    const watching = new RunningCli(['watch', 'watched', '--count', '2', '--json', '--http', mesh.agents[4]!.http])
    expect(JSON.parse(await watching.firstLine())).toMatchObject({ event: 'ready' })
    await cli(0, 'set', 'unwatched.a', '0')
    await cli(0, 'set', 'watched.a=1', 'watched.b=2', '--reason', 'look')
    await cli(1, 'set', 'watched.a', '3')
    expect(await watching.ended()).toBe(0)
    const [, first, second] = watching
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(first).toMatchObject({
      event: 'change',
      changes: [
        { parameter: 'a', value: 1 },
        { parameter: 'b', value: 2, update: { reason: 'look' } },
      ],
    })
    expect(second).toMatchObject({
      event: 'change',
      changes: [{ parameter: 'a', value: 3, previous: 1, update: { nodeId: 'node-2' } }],
    })
    const resumed = await runCli([
      'watch',
      'watched',
      '--since',
      first.id,
      '--count',
      '1',
      '--json',
      '--http',
      mesh.agents[4]!.http,
    ])
    expect(JSON.parse(resumed.stdout.split('\n')[0]!)).toEqual(second)
  })

  it('watch ends quietly with its signal', async () => {
    const watching = new RunningCli(['watch', '--json', '--http', mesh.agents[0]!.http])
    await watching.firstLine()
    watching.kill('SIGINT')
    expect(await watching.ended()).toBe(0)
    expect(watching.stderr()).toBe('')
  })

  it('tell who is there, how they are and who has seen what', async () => {
    expect(await json(1, 'status')).toMatchObject({ nodeId: 'node-2', cluster: 'e2e', divergences: 0 })
    expect((await cli(1, 'status')).stdout).toMatch(/^node +node-2 of e2e/)
    expect((await cli(1, 'nodes')).stdout.split('\n')).toHaveLength(COUNT + 2)
    const rows = await json<{ nodeId: string; self: boolean; versionVector: Record<string, number> }[]>(1, 'vv')
    expect(rows.map(({ nodeId }) => nodeId).toSorted()).toEqual(['node-1', 'node-2', 'node-3', 'node-4', 'node-5'])
    expect(Object.keys(rows.find(({ self }) => self)!.versionVector).length).toBeGreaterThan(2)
    expect((await cli(1, 'vv')).stdout).toMatch(/^node .*in step\n/)
  })

  it('list names for the shell', async () => {
    expect((await cli(0, 'list', 'pair', '--names')).stdout).toBe('pair.a\npair.b\n')
    expect(await json(0, 'list', 'pair')).toEqual([
      { section: 'pair', parameter: 'a', value: 1 },
      { section: 'pair', parameter: 'b', value: { x: [true] } },
    ])
  })

  it('tell what a parameter went through, and go back to what history prints', async () => {
    await json(0, 'set', 'past.mode', 'slow', '--reason', 'first', '--wait', '20')
    await json(1, 'set', 'past.mode', 'fast', '--wait', '20')
    const history = await json<{ id: string; source: string; update: { reason: string | null } }[]>(
      2,
      'history',
      'past.mode',
    )
    expect(history).toMatchObject([
      { update: { value: 'fast', nodeId: 'node-2', reason: null }, superseded: [{ value: 'slow' }] },
      { update: { value: 'slow', nodeId: 'node-1', reason: 'first' }, superseded: [] },
    ])
    const [newest, first] = (await cli(2, 'history', 'past.mode')).stdout
      .split('\n')
      .filter((line) => !line.startsWith(' '))
    expect(newest).toMatch(/^\S+Z {2}node-2:\d+ {2}"fast" {2}(remote|repair)$/)
    expect(first).toMatch(/^\S+Z {2}node-1:\d+ {2}"slow" {2}(remote|repair) {2}"first"$/)
    expect(await cli(2, 'history', 'past.mode', '--limit', '1')).toMatchObject({ exitCode: 0, stderr: '1 of 2\n' })

    const [time, id] = first!.split('  ')
    expect(await cli(2, 'rollback', 'past.mode', '--to', id!)).toMatchObject({
      exitCode: 0,
      stdout: 'past.mode = "slow"\n',
    })
    await expectOnAll('past', { mode: 'slow' })
    const back = await json<{ nodes: string[] }>(2, 'rollback', 'past.mode', '--to', '-1', '--wait', '20')
    expect(back).toMatchObject({
      value: 'fast',
      update: { nodeId: 'node-3', reason: `rollback to -1 (${history[0]!.id})` },
    })
    expect(back.nodes).toHaveLength(COUNT)
    expect(await json(2, 'rollback', 'past.mode', '--to', time!, '--reason', 'mine')).toMatchObject({
      value: 'slow',
      update: { reason: 'mine' },
    })
    const refused = await cli(2, 'rollback', 'past.mode', '--to', 'node-9:1')
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^HISTORY_UNKNOWN: node-9:1 .*newest first, node-3:\d+, node-3:\d+/)
    expect(await cli(2, 'rollback', 'past.mode')).toMatchObject({ exitCode: 2 })
    expect((await cli(2, 'history', 'past.nothing')).stderr).toMatch(/^PARAMETER_UNKNOWN/)
  })

  it('list conflicts', async () => {
    expect(Array.isArray(await json(0, 'conflicts'))).toBe(true)
    expect(await json(0, 'conflicts', '--limit', '1')).toEqual((await json<unknown[]>(0, 'conflicts')).slice(0, 1))
  })

  it('tell bad values by their code', async () => {
    const large = join(mesh.folder, 'large.json')
    writeFileSync(large, JSON.stringify('x'.repeat(1_100_000)))
    const { exitCode, stderr } = await cli(0, 'set', 'v.too_large', '--file', large, '--json')
    expect({ exitCode, ...JSON.parse(stderr) }).toMatchObject({ exitCode: 1, error: { code: 'VALUE_TOO_LARGE' } })
    expect(await cli(0, 'set', 'v.a', '1', '--priority', '99999999999')).toMatchObject({ exitCode: 1 })
    expect((await cli(0, 'get', 'v.too_large')).exitCode).toBe(1)
  })

  it('an output that is full is a failure like any other', async () => {
    if (!existsSync('/dev/full')) return console.log('e2e: full output: NOT RUN, this system has no /dev/full')
    const onFullDisk = ['sh', '-c', 'exec "$0" "$@" > /dev/full']
    const listing = new RunningCli(['list', '--http', mesh.agents[0]!.http], {}, onFullDisk)
    expect(await listing.ended()).toBe(1)
    expect(listing.stderr()).toMatch(/^FILE_UNREADABLE: stdout cannot be written: ENOSPC.*\n.*\n$/)
  })

  it('export refuses a section that there is not, for it would be an empty backup', async () => {
    expect((await cli(0, 'export', 'v', 'nosuch', '--json')).stderr).toContain('PARAMETER_UNKNOWN')
  })

  it('a reader that goes away ends it quietly', async () => {
    const watching = new RunningCli(['watch', '--json', '--http', mesh.agents[0]!.http])
    await watching.firstLine()
    watching.closeStdout()
    await cli(0, 'set', 'pipe.closed', 'true')
    expect(await watching.ended()).toBe(0)
    expect(watching.stderr()).toBe('')
  })
})
