/**
 * Cold start: from a data folder with many parameters to `start()` resolved, beside bare node:sqlite that reads the same rows
 * of the same file, in alternating rounds; every measurement has a process of its own. And a whole agent, from its command line
 * to its ready line.
 *
 *     npm run bench:cold-start -- [--parameters 100000] [--rounds 5] [--json]
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { TlsMesh } from '#mesh/tls/index'
import { ConfigSyncManager } from '#node/manager'
import { SqliteStore } from '#store/sqlite/index'
import { describeMachine, machineLine, nowMs } from './machine.ts'
import { markdownTable, whole } from './report.ts'
import { median } from './statistics.ts'

const AIM_MS = 2_000
const NODE_ID = 'node-1'
const VALUE_BYTES = 64
const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const TASKS = { fill, rows: readRows, start: startNode, parameters: countParameters } as const
type Task = keyof typeof TASKS

const nodeOn = (path: string): ConfigSyncManager =>
  new ConfigSyncManager({
    nodeId: NODE_ID,
    cluster: 'bench',
    mesh: new TlsMesh({ listen: '127.0.0.1:0' }),
    store: new SqliteStore({ path }),
  })

/** A node writes them, as nodes do, and stops cleanly. */
async function fill(path: string, parameters: number): Promise<number> {
  const startMs = nowMs()
  const node = nodeOn(path)
  await node.start()
  for (let i = 0; i < parameters; i += 1_000)
    await Promise.all(
      Array.from({ length: Math.min(1_000, parameters - i) }, (_, k) =>
        node.publishUpdate(`section_${i % 100}`, `parameter_${i + k}`, `value ${i + k} `.padEnd(VALUE_BYTES, '.')),
      ),
    )
  await node.stop()
  return nowMs() - startMs
}

/** The floor: every column that a start needs, out of the file and into this process. */
function readRows(path: string): number {
  const startMs = nowMs()
  const database = new DatabaseSync(join(path, 'state.db'))
  const statement = database.prepare('SELECT section, parameter, siblings, checksum FROM parameter')
  statement.setReturnArrays(true)
  let bytes = 0
  for (const row of statement.iterate() as Iterable<unknown> as Iterable<[string, string, Uint8Array, number]>)
    bytes += row[0].length + row[1].length + row[2].length
  const tookMs = nowMs() - startMs
  if (bytes === 0) throw new Error('no row was read')
  database.close()
  return tookMs
}

async function startNode(path: string): Promise<number> {
  const node = nodeOn(path)
  const startMs = nowMs()
  await node.start()
  const tookMs = nowMs() - startMs
  await node.stop()
  return tookMs
}

async function countParameters(path: string): Promise<number> {
  const node = nodeOn(path)
  await node.start()
  const { parameters } = node.status()
  await node.stop()
  return parameters
}

async function inProcess(task: Task, path: string, parameters: number): Promise<number> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [task, path, String(parameters)], {
    execArgv: ['--conditions=source', '--no-warnings'],
  })
  const [answer] = (await once(child, 'message')) as [number]
  await once(child, 'exit')
  return answer
}

/** Until the ready line of an agent of its own process. */
async function startAgent(path: string): Promise<number> {
  const startMs = nowMs()
  const flags = ['--node-id', NODE_ID, '--cluster', 'bench', '--data', path, '--log-level', 'warn']
  const addresses = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0']
  const child = spawn(
    process.execPath,
    ['--conditions=source', '--no-warnings', MAIN, 'agent', ...flags, ...addresses],
    {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  )
  await once(child.stdout!, 'data')
  const tookMs = nowMs() - startMs
  child.kill('SIGTERM')
  await once(child, 'exit')
  return tookMs
}

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      parameters: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  })
  const parameters = Number(options.parameters)
  const folder = mkdtempSync(join(tmpdir(), 'configsync-cold-'))
  const path = join(folder, 'data')
  try {
    const fillMs = await inProcess('fill', path, parameters)
    const held = await inProcess('parameters', path, 0)
    if (held !== parameters) throw new Error(`${held} of ${parameters} parameters came back`)
    const rows: number[] = []
    const starts: number[] = []
    const agents: number[] = []
    for (let round = 0; round < Number(options.rounds); round++) {
      rows.push(await inProcess('rows', path, 0))
      starts.push(await inProcess('start', path, 0))
      agents.push(await startAgent(path))
    }
    report({ parameters, fillMs, rows, starts, agents, bytes: statSync(join(path, 'state.db')).size }, options.json)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Result {
  readonly parameters: number
  readonly fillMs: number
  readonly bytes: number
  readonly rows: readonly number[]
  readonly starts: readonly number[]
  readonly agents: readonly number[]
}

function report(result: Result, json: boolean): void {
  if (json) {
    console.log(JSON.stringify({ machine: describeMachine(), ...result }, undefined, 2))
    return
  }
  const floor = median(result.rows)
  const line = (what: string, times: readonly number[]): string[] => [
    what,
    `${whole(median(times))} ms`,
    `${whole(Math.max(...times))} ms`,
    `${(median(times) / floor).toFixed(1)}`,
  ]
  console.log(machineLine(describeMachine()))
  console.log(
    `\n${whole(result.parameters)} parameters of ${VALUE_BYTES} bytes, ${whole(result.bytes / 1024)} KiB; written in ${whole(result.fillMs)} ms\n`,
  )
  console.log(
    markdownTable(
      ['', 'median', 'longest', 'times the floor'],
      [
        line('bare node:sqlite reads the rows', result.rows),
        line(`\`start()\` (aim: under ${whole(AIM_MS)} ms)`, result.starts),
        line('an agent, from its command line to its ready line', result.agents),
      ],
    ),
  )
}

const [task, path, parameters] = process.argv.slice(2)
if (task !== undefined && task in TASKS)
  process.send!(await TASKS[task as Task](path!, Number(parameters)), () => process.disconnect())
else await main()
