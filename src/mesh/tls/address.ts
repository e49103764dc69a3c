import { isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { ConfigSyncError } from '#core/errors'

export interface Address {
  /** a name or an IP address, without brackets */
  readonly host: string
  readonly port: number
}

/** A DNS name has at most 253 characters. */
const ADDRESS = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})$/

/** `host:port` or `[::1]:port`; undefined when it is neither. */
export function parseAddress(text: string): Address | undefined {
  const match = ADDRESS.exec(text)
  if (match === null) return undefined
  const [, ipv6, name, digits] = match
  const port = Number(digits)
  if (port > 65_535 || (ipv6 !== undefined && !isIPv6(ipv6))) return undefined
  return { host: ipv6 ?? name!, port }
}

/** @throws ConfigSyncError SETTING_INVALID */
export function requireAddress(text: string, what: string): Address {
  const address = parseAddress(text)
  if (address === undefined)
    throw new ConfigSyncError(
      'SETTING_INVALID',
      `${what} "${text.slice(0, 300)}": give host:port, or [address]:port for IPv6`,
    )
  return address
}

export const formatAddress = ({ host, port }: Address): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`

/** Where nothing leaves this machine. */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.')
  return host === '::1' || host.toLowerCase() === 'localhost'
}

/**
 * What others can dial when this node listens on `host`: that host, or this machine's first outward IPv4 address when it
 * listens on all of them.
 */
export function dialableHost(host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return host
  const outward = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .find((entry) => !entry.internal && entry.family === 'IPv4')
  return outward?.address ?? '127.0.0.1'
}
