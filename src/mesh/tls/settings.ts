import { ConfigSyncError } from '#core/errors'
import { type Address, isLoopback, requireAddress } from './address.ts'
import type { CertificateSource } from './certificates.ts'
import { TLS_MESH_LIMITS, type TlsMeshLimits } from './limits.ts'

export interface TlsMeshOptions {
  /** `host:port`; port 0 lets the system choose */
  readonly listen: string
  /** addresses of members, one living of which is enough; default none */
  readonly join?: readonly string[]
  /** where others can dial this node, when that is not where it listens; port 0: the port that it listens at */
  readonly advertise?: string
  /** without them: in the clear, and on loopback addresses only */
  readonly certificates?: CertificateSource | undefined
  /** default 64 */
  readonly presenceBudget?: number
  readonly limits?: Partial<TlsMeshLimits>
}

/** Options, parsed. */
export interface TlsMeshSettings {
  readonly listen: Address
  readonly join: readonly string[]
  readonly advertise: Address | undefined
  readonly certificates: CertificateSource | undefined
  readonly limits: TlsMeshLimits
}

/** @throws ConfigSyncError SETTING_INVALID, CERTIFICATE_REQUIRED */
export function settingsOf(options: TlsMeshOptions): TlsMeshSettings {
  const { certificates } = options
  const listen = requireAddress(options.listen, 'listen')
  const join = options.join ?? []
  const advertise = options.advertise === undefined ? undefined : requireAddress(options.advertise, 'advertise')
  const dialled = join.map((text) => requireAddress(text, 'join'))
  if (certificates === undefined) {
    for (const { host } of [listen, ...dialled, ...(advertise === undefined ? [] : [advertise])])
      if (!isLoopback(host)) throw new ConfigSyncError('CERTIFICATE_REQUIRED', `${host} is not a loopback address`)
  }
  return { listen, join, advertise, certificates, limits: { ...TLS_MESH_LIMITS, ...options.limits } }
}
