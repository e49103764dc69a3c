/**
 * What agents cost that have nothing to do: five of them on loopback, joined over TLS, as processes of the built command.
 * CPU and memory are the kernel's own figures (/proc).
 *
 *     npm run build && node --conditions=source bench/idle.ts [--agents 5] [--seconds 30] [--json]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeCertificate } from '#mesh/tls/index'
import { CLUSTER, issueCredentials, nodeName } from './certificates.ts'
import { describeMachine, machineLine, nowMs, processCpuMs, processRssBytes } from './machine.ts'
import { markdownTable } from './report.ts'

const AIM_CPU_PERCENT = 1
const AIM_RSS_MB = 120
/** Start, election, the first collections: idle is what comes after. */
const SETTLE_MS = 15_000
const READY_MS_MAX = 30_000

const AUTHORITY_FILE = 'ca.pem'
const COMMAND = fileURLToPath(new URL('../bin/configsync.js', import.meta.url))

class Agent {
  readonly name: string
  readonly #child: ChildProcess

  constructor(name: string, folder: string, joinAddress: string | undefined) {
    this.name = name
    const certificate = ['--tls-cert', `${name}.pem`, '--tls-key', `${name}-key.pem`, '--tls-ca', AUTHORITY_FILE]
    const addresses = [
      '--listen',
      '127.0.0.1:0',
      '--http',
      '127.0.0.1:0',
      ...(joinAddress ? ['--join', joinAddress] : []),
    ]
    const flags = ['--node-id', name, '--cluster', CLUSTER, '--ephemeral', '--json', '--log-level', 'warn']
    this.#child = spawn(process.execPath, [COMMAND, 'agent', ...flags, ...addresses, ...certificate], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  /** Where it listens, once it says so. */
  async address(): Promise<string> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), READY_MS_MAX)
    try {
      for await (const line of createInterface({ input: this.#child.stdout! }))
        if (line.startsWith('{')) return JSON.parse(line).mesh
    } finally {
      clearTimeout(timer)
    }
    throw new Error(`${this.name} did not start; was "npm run build" run?`)
  }

  cpuMs(): number {
    return processCpuMs(this.#child.pid!)
  }

  rssMb(): number {
    return processRssBytes(this.#child.pid!) / 1e6
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }
}

interface IdleFigures {
  readonly agent: string
  /** of one core */
  readonly cpuPercent: number
  readonly rssMb: number
}

async function startAgents(count: number, folder: string, started: Agent[]): Promise<void> {
  const credentials = await issueCredentials(count)
  writeFileSync(join(folder, AUTHORITY_FILE), credentials[0]!.ca)
  let joinAddress: string | undefined
  for (const [index, issued] of credentials.entries()) {
    await writeCertificate(folder, nodeName(index), issued)
    const agent = new Agent(nodeName(index), folder, joinAddress)
    started.push(agent)
    const address = await agent.address()
    joinAddress ??= address
  }
}

async function measure(agents: readonly Agent[], seconds: number): Promise<IdleFigures[]> {
  await sleep(SETTLE_MS)
  const before = agents.map((agent) => agent.cpuMs())
  const sinceMs = nowMs()
  await sleep(seconds * 1000)
  const elapsedMs = nowMs() - sinceMs
  return agents.map((agent, index) => ({
    agent: agent.name,
    cpuPercent: ((agent.cpuMs() - before[index]!) / elapsedMs) * 100,
    rssMb: agent.rssMb(),
  }))
}

async function run(count: number, seconds: number): Promise<IdleFigures[]> {
  const folder = mkdtempSync(join(tmpdir(), 'configsync-idle-'))
  const agents: Agent[] = []
  try {
    await startAgents(count, folder, agents)
    return await measure(agents, seconds)
  } finally {
    await Promise.all(agents.map((agent) => agent.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

const { values: options } = parseArgs({
  options: {
    agents: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
  },
})
const figures = await run(Number(options.agents), Number(options.seconds))
if (options.json) process.stdout.write(`${JSON.stringify({ machine: describeMachine(), figures }, null, 1)}\n`)
else {
  const rows = figures.map((one) => [one.agent, one.cpuPercent.toFixed(2), one.rssMb.toFixed(1)])
  rows.push(['aim', `under ${AIM_CPU_PERCENT}`, `under ${AIM_RSS_MB}`])
  process.stdout.write(`Machine: ${machineLine(describeMachine())}. Idle for ${options.seconds} s.\n\n`)
  process.stdout.write(`${markdownTable(['agent', 'CPU % of a core', 'RSS MB'], rows)}\n`)
}
