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
import { describeMachine, machineLine, nowMs, ownCpuMs } from './machine.ts'
import { markdownTable, whole } from './report.ts'
import { median } from './statistics.ts'

const AIM_MS = 2_000
const NODE_ID = 'node-1'
const VALUE_BYTES = 64
const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const TASKS = { fill, rows: readRows, start: startNode } as const
type Task = keyof typeof TASKS

/** A busy machine stretches the one and hardly the other. */
interface Took {
  readonly ms: number
  readonly cpuMs: number
}

async function took(work: () => unknown): Promise<Took> {
  const startMs = nowMs()
  const startCpuMs = ownCpuMs()
  await work()
  return { ms: nowMs() - startMs, cpuMs: ownCpuMs() - startCpuMs }
}

const nodeOn = (path: string): ConfigSyncManager =>
  new ConfigSyncManager({
    nodeId: NODE_ID,
    cluster: 'bench',
    mesh: new TlsMesh({ listen: '127.0.0.1:0' }),
    store: new SqliteStore({ path }),
  })

/** A node writes them, as nodes do, and stops cleanly. */
async function fill(path: string, parameters: number): Promise<Took> {
  const node = nodeOn(path)
  await node.start()
  const write = (k: number) =>
    node.publishUpdate(`section_${k % 100}`, `parameter_${k}`, `value ${k} `.padEnd(VALUE_BYTES, '.'))
  const result = await took(async () => {
    for (let i = 0; i < parameters; i += 1_000)
      await Promise.all(Array.from({ length: Math.min(1_000, parameters - i) }, (_, k) => write(i + k)))
  })
  await node.stop()
  return result
}

/** The floor: every column that a start needs, out of the file and into this process. */
async function readRows(path: string): Promise<Took> {
  let bytes = 0
  const result = await took(() => {
    const database = new DatabaseSync(join(path, 'state.db'))
    const statement = database.prepare('SELECT section, parameter, siblings, checksum FROM parameter')
    statement.setReturnArrays(true)
    for (const row of statement.iterate() as Iterable<unknown> as Iterable<[string, string, Uint8Array, number]>)
      bytes += row[0].length + row[1].length + row[2].length
    database.close()
  })
  if (bytes === 0) throw new Error('no row was read')
  return result
}

async function startNode(path: string, parameters: number): Promise<Took> {
  const node = nodeOn(path)
  const result = await took(() => node.start())
  const held = node.status().parameters
  await node.stop()
  if (held !== parameters) throw new Error(`${held} of ${parameters} parameters came back`)
  return result
}

async function inProcess(task: Task, path: string, parameters: number): Promise<Took> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [task, path, String(parameters)], {
    execArgv: ['--conditions=source', '--no-warnings'],
  })
  const [answer] = (await once(child, 'message')) as [Took]
  await once(child, 'exit')
  return answer
}

/** Until the ready line of an agent of its own process. */
async function startAgent(path: string): Promise<Pick<Took, 'ms'>> {
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
  const ms = nowMs() - startMs
  child.kill('SIGTERM')
  await once(child, 'exit')
  return { ms }
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
    const filled = await inProcess('fill', path, parameters)
    const rows: Took[] = []
    const starts: Took[] = []
    const agents: Pick<Took, 'ms'>[] = []
    for (let round = 0; round < Number(options.rounds); round++) {
      rows.push(await inProcess('rows', path, 0))
      starts.push(await inProcess('start', path, parameters))
      agents.push(await startAgent(path))
    }
    report({ parameters, filled, rows, starts, agents, bytes: statSync(join(path, 'state.db')).size }, options.json)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Result {
  readonly parameters: number
  readonly filled: Took
  readonly bytes: number
  readonly rows: readonly Took[]
  readonly starts: readonly Took[]
  readonly agents: readonly Pick<Took, 'ms'>[]
}

function report(result: Result, json: boolean): void {
  if (json) {
    console.log(JSON.stringify({ machine: describeMachine(), ...result }, undefined, 2))
    return
  }
  const line = (what: string, all: readonly (Took | Pick<Took, 'ms'>)[]): string[] => {
    const times = all.map(({ ms }) => ms)
    const cpu = all.flatMap((one) => ('cpuMs' in one ? [one.cpuMs] : []))
    return [
      what,
      `${whole(median(times))} ms`,
      `${whole(Math.max(...times))} ms`,
      cpu.length ? `${whole(median(cpu))} ms` : '',
    ]
  }
  console.log(machineLine(describeMachine()))
  console.log(
    `\n${whole(result.parameters)} parameters of ${VALUE_BYTES} bytes, ${whole(result.bytes / 1024)} KiB; written in ${whole(result.filled.ms)} ms, ${whole(result.filled.cpuMs)} ms of CPU\n`,
  )
  console.log(
    markdownTable(
      ['', 'median', 'longest', 'CPU, median'],
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
