import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DataFolders } from '../support/data-folders.ts'
import { eventually } from '../support/eventually.ts'
import { type AgentReady, type RunningCli, runCli, startAgent } from '../support/processes.ts'

let folders: DataFolders
const running: RunningCli[] = []
beforeEach(() => {
  folders = new DataFolders()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((cli) => cli.stop()))
  folders.remove()
})

const flagsOf = (...more: string[]): string[] => [
  ...['--node-id', 'a', '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--data', folders.path()],
  ...more,
]

async function start(...more: string[]): Promise<{ readonly cli: RunningCli; readonly ready: AgentReady }> {
  const agent = await startAgent(flagsOf(...more))
  running.push(agent.cli)
  return agent
}

const put = (http: string, parameter: string, value: number) =>
  fetch(`${http}/v1/config/load/${parameter}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ value }),
  })

// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
const bodyOf = (response: Response): Promise<any> => response.json()

const get = async (http: string, path: string) => bodyOf(await fetch(http + path))
const write = async (http: string, value: number) => (await bodyOf(await put(http, 'x', value))).update

describe('an agent with a data folder', () => {
  it.each(['process', 'disk'])('has every acknowledged write after a kill, with durability %s', async (durability) => {
    const acknowledged = new Map<string, number>()
    const origins = new Set<string>()
    for (let round = 1; round <= 3; round++) {
      const { cli, ready } = await start('--durability', durability)
      const values = (await get(ready.http, '/v1/config')).load ?? {}
      for (const [parameter, value] of acknowledged) expect([parameter, values[parameter]]).toEqual([parameter, value])
      const before = acknowledged.size
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        // Until the agent is dead: then the connection is refused.
        for (let number = 0; ; number++) {
          const parameter = `r${round}-${writer}-${number}`
          const response = await put(ready.http, parameter, number).catch(() => undefined)
          if (response === undefined) return
          expect(response.status).toBe(200)
          acknowledged.set(parameter, number)
          const { update } = await bodyOf(response)
          origins.add(update.origin)
        }
      })
      await eventually('writes flow', () => acknowledged.size > before + 200)
      cli.kill('SIGKILL')
      await Promise.all(writers.map((writer) => writer.catch(() => undefined)))
      await cli.ended()
    }
    const { ready } = await start()
    const values = (await get(ready.http, '/v1/config')).load
    for (const [parameter, value] of acknowledged) expect([parameter, values[parameter]]).toEqual([parameter, value])
    expect(origins.size, 'each kill ends an incarnation').toBe(3)
  })

  it('goes on as the same origin after a clean stop, and keeps its files private', async () => {
    const first = await start()
    const { origin } = await write(first.ready.http, 1)
    expect((await get(first.ready.http, '/v1/status')).store).toEqual({ name: 'sqlite', failure: null })
    expect(await first.cli.stop()).toBe(0)
    for (const name of readdirSync(folders.path()))
      expect(statSync(join(folders.path(), name)).mode & 0o777).toBe(0o600)
    const second = await start()
    expect(await write(second.ready.http, 2)).toMatchObject({ origin, sequence: 2 })
  })

  it('refuses a folder that another agent uses, and takes it over when that one was killed', async () => {
    const { cli } = await start()
    const second = await runCli(['agent', ...flagsOf()])
    expect([second.exitCode, second.stderr]).toEqual([1, expect.stringContaining('STORE_LOCKED')])
    cli.kill('SIGKILL')
    await cli.ended()
    await start()
  })

  it('refuses a damaged store; --reset-store sets it aside and starts empty, as another origin', async () => {
    const first = await start()
    const { origin } = await write(first.ready.http, 1)
    await first.cli.stop()
    writeFileSync(join(folders.path(), 'state.db'), 'noise')
    const refused = await runCli(['agent', ...flagsOf()])
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringMatching(/STORE_CORRUPT[\s\S]*--reset-store/)])
    const { ready } = await start('--reset-store')
    expect(await get(ready.http, '/v1/status')).toMatchObject({ parameters: 0, origin: null })
    expect((await write(ready.http, 2)).origin).not.toBe(origin)
    expect(readdirSync(folders.path()).filter((name) => /^state-.*\.db$/.test(name))).toHaveLength(1)
  })
})
