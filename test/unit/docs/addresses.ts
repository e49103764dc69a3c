import { type AddressInfo, createServer } from 'node:net'

/** Pages name the agents' HTTP addresses 127.0.0.1:7101, 7102 …; tests have others. */
const AGENT_ADDRESS = /\b(?:127\.0\.0\.1|localhost):710([1-9])\b/g
const OTHER_ADDRESS = /\b127\.0\.0\.1:([1-9]\d{3,4})\b/g

/** The greatest n of the agents 127.0.0.1:710n that a text names, 0 for none. */
export const agentsNamed = (text: string): number =>
  Math.max(0, ...[...text.matchAll(AGENT_ADDRESS)].map((match) => Number(match[1])))

/** Puts the addresses of the running agents in the place of the documented ones. */
export const withAgentAddresses = (text: string, addresses: readonly string[]): string =>
  text.replace(AGENT_ADDRESS, (documented, n: string) => addresses[Number(n) - 1] ?? documented)

/** Replaces each port of 127.0.0.1 by a free one, the same by the same, so that no test meets another's. */
export async function withFreePorts(text: string): Promise<string> {
  const documented = new Set([...text.matchAll(OTHER_ADDRESS)].map((match) => match[1] ?? ''))
  const free = new Map<string, number>()
  for (const port of documented) free.set(port, await freePort())
  return text.replace(OTHER_ADDRESS, (_, port: string) => `127.0.0.1:${free.get(port)}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
