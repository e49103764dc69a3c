import { once } from 'node:events'
import { createServer } from 'node:net'

const HOST = '127.0.0.1'
/** What the documentation uses everywhere: with these, the CLI needs no --http. */
const MESH_PORT_FIRST = 4101
const HTTP_PORT_FIRST = 7101

export interface NodePorts {
  readonly mesh: number
  readonly http: number
}

/** The usual ports for `count` nodes when all of them are free, else free ones of the system's choice. */
export async function choosePorts(count: number, usual: boolean): Promise<NodePorts[]> {
  const wanted = Array.from({ length: count }, (_, i) => ({ mesh: MESH_PORT_FIRST + i, http: HTTP_PORT_FIRST + i }))
  if (usual && (await freePorts(wanted.flatMap(({ mesh, http }) => [mesh, http])))) return wanted
  const free = await freePorts(Array.from({ length: count * 2 }, () => 0))
  if (!free) throw new Error('the system has no free port')
  return wanted.map((_, i) => ({ mesh: free[2 * i]!, http: free[2 * i + 1]! }))
}

/** Listens on all of them at once, so that the system does not choose one twice; undefined when one is taken. */
async function freePorts(ports: readonly number[]): Promise<number[] | undefined> {
  const servers = ports.map((port) => createServer().listen(port, HOST))
  try {
    await Promise.all(servers.map((server) => once(server, 'listening')))
    return servers.map((server) => (server.address() as { port: number }).port)
  } catch {
    return undefined
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}
