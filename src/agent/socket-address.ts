/** Where something listens or is dialled. */
export interface SocketAddress {
  /** a name or an IP address, an IPv6 one without brackets */
  readonly host: string
  readonly port: number
}

/** Reads `host:port` or `[::1]:port`; undefined when it is neither. Port 0 is an address to listen on, not to dial. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  return host !== undefined && port <= 65_535 ? { host, port } : undefined
}

export const formatSocketAddress = ({ host, port }: SocketAddress): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`
