import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority, issueCertificate, writeAuthority, writeCertificate } from '#mesh/tls/index'
import { type AgentReady, type RunningCli, startAgent } from './processes.ts'

/** Real agents, joined over mutual TLS on loopback, all of them knowing all. */
export interface ProcessMesh {
  readonly agents: readonly { readonly cli: RunningCli; readonly ready: AgentReady; readonly http: string }[]
  /** also holds the certificates */
  readonly folder: string
  stop(): Promise<void>
}

/** Starts node-1 … node-`count` and resolves when each of them has answered on HTTP; not when they are in step. */
export async function startTlsMesh(count: number): Promise<ProcessMesh> {
  const folder = mkdtempSync(join(tmpdir(), 'configsync-e2e-'))
  const agents: ProcessMesh['agents'][number][] = []
  const stop = async () => {
    await Promise.all(agents.map(({ cli }) => cli.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await makeCertificates(folder, count)
    for (let n = 1; n <= count; n++) agents.push(await startNode(folder, `node-${n}`, agents[0]?.ready.mesh))
    return { agents, folder, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function makeCertificates(folder: string, count: number): Promise<void> {
  const authority = await createAuthority({ cluster: 'e2e', days: 1 })
  await writeAuthority(folder, authority)
  for (let n = 1; n <= count; n++) {
    await writeCertificate(folder, `node-${n}`, await issueCertificate({ authority, nodeId: `node-${n}`, days: 1 }))
  }
}

async function startNode(folder: string, nodeId: string, member: string | undefined) {
  const { cli, ready } = await startAgent([
    ...['--node-id', nodeId, '--cluster', 'e2e', '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--ephemeral'],
    ...['--tls-cert', join(folder, `${nodeId}.pem`), '--tls-key', join(folder, `${nodeId}-key.pem`)],
    ...['--tls-ca', join(folder, 'ca.pem'), ...(member === undefined ? [] : ['--join', member])],
  ])
  return { cli, ready, http: ready.http.replace(/^http:\/\//, '') }
}
