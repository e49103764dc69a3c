import { assertInvariant, ConfigSyncError } from '#core/errors'
import { isNodeId, isRunId, type NodeId } from '#core/identity'
import { FRAME_BYTES_MAX } from '#core/limits'
import type { Mesh, MeshHandlers, MeshIdentity, WatchedFrame } from '../mesh.ts'
import { isClusterName } from './identity.ts'
import { Session } from './session.ts'
import { settingsOf, type TlsMeshOptions } from './settings.ts'

/**
 * The default mesh: one TLS 1.3 connection for each pair of nodes, both sides known by their certificates, whose URI
 * name `configsync://<cluster>/<nodeId>` must be who they say they are. It dials every address that it knows for ever.
 */
export class TlsMesh implements Mesh {
  readonly name = 'tls'
  readonly presenceBudget: number
  readonly #options: TlsMeshOptions
  #session: Session | undefined

  constructor(options: TlsMeshOptions) {
    this.#options = options
    this.presenceBudget = options.presenceBudget ?? 64
  }

  get address(): string {
    return this.#session?.address ?? ''
  }

  /**
   * A certificate that is expired or for another node does not keep it from starting, because renewed files can mend
   * that: it is said through onTrouble, and again by every peer that refuses it.
   * @throws ConfigSyncError SETTING_INVALID, NODE_ID_INVALID, CERTIFICATE_REQUIRED (no certificates, and an address that
   *   is not loopback), CERTIFICATE_INVALID (unreadable), PORT_TAKEN, LISTEN_FAILED
   */
  async start(identity: MeshIdentity, handlers: MeshHandlers): Promise<void> {
    assertInvariant(this.#session === undefined, 'a mesh is started once, then stopped')
    assertInvariant(isRunId(identity.runId), 'a runId has 16 hexadecimal digits')
    if (!isNodeId(identity.nodeId))
      throw new ConfigSyncError('NODE_ID_INVALID', `"${String(identity.nodeId).slice(0, 200)}" is no nodeId`)
    if (!isClusterName(identity.cluster))
      throw new ConfigSyncError(
        'SETTING_INVALID',
        `cluster "${String(identity.cluster).slice(0, 200)}" is not of the form of a nodeId`,
      )
    const session = new Session(settingsOf(this.#options), identity, handlers)
    this.#session = session
    try {
      await session.open()
    } catch (error) {
      this.#session = undefined
      throw error
    }
  }

  broadcast(frame: Uint8Array, watched?: WatchedFrame): void {
    requireFrame(frame)
    this.#session?.broadcast(frame, watched)
  }

  send(to: NodeId, frame: Uint8Array): boolean {
    requireFrame(frame)
    return this.#session?.send(to, frame) ?? false
  }

  peers(): readonly NodeId[] {
    return this.#session?.peers() ?? []
  }

  learnAddresses(addresses: readonly string[]): void {
    this.#session?.learn(addresses)
  }

  /**
   * Reads the certificates again, as happens by itself a few seconds after a file has changed. Connections that exist
   * stay; new ones use the renewed certificates.
   * @returns whether they are in use; if not, the old ones are, and onTrouble says why
   */
  reloadCertificates(): Promise<boolean> {
    return this.#session?.reload() ?? Promise.resolve(false)
  }

  async stop(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    await session?.close()
  }
}

function requireFrame(frame: Uint8Array): void {
  assertInvariant(
    frame.byteLength <= FRAME_BYTES_MAX,
    `a frame has at most ${FRAME_BYTES_MAX} bytes, not ${frame.byteLength}`,
  )
}
