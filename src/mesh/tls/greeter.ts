import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { TurnedAway } from '#core/exclusion'
import type { NodeId } from '#core/identity'
import type { MeshIdentity } from '../mesh.ts'
import type { Connection } from './connection.ts'
import { ACCEPT, PacketKind, PONG } from './framing.ts'
import {
  decodeAddresses,
  decodeHello,
  decodeRefusal,
  encodeAddresses,
  encodeHello,
  type Hello,
  isRefusal,
  NODE_REFUSALS,
  type Refusal,
} from './hello.ts'
import { type CertificateIdentity, identityOf } from './identity.ts'
import type { TlsMeshLimits } from './limits.ts'
import type { PeerTable } from './peer-table.ts'
import type { Troubles } from './trouble.ts'

/** What greeting needs of the mesh around it. */
export interface GreeterOwner {
  /** own address, and the whole book */
  addresses(): { readonly address: string; readonly addresses: readonly string[] }
  /** why a certificate, good by itself, is let in no more */
  revocationOf(certificate: X509Certificate): Refusal | undefined
  /** the other end has shown itself to be this node */
  onSelf(connection: Connection): void
  /** the other end is good but for what this node knows of others: worth remembering who is there */
  onIdentified(connection: Connection, hello: Hello): void
  /** members' addresses, from an open connection */
  onAddresses(addresses: readonly string[]): void
  /** the other end will not have this node */
  onTurnedAway(refusal: TurnedAway): void
  /** both sides have accepted, and the connection is in the table */
  onOpen(connection: Connection, hello: Hello): void
}

/**
 * Brings a connection from connected to open, the same on both sides: look at the other's certificate; send a hello;
 * judge the other's hello; accept; open when both have accepted. Whoever finds a fault says which, and closes.
 */
export class Greeter {
  readonly #self: MeshIdentity
  readonly #encrypted: boolean
  readonly #owner: GreeterOwner
  readonly #peers: PeerTable
  readonly #troubles: Troubles
  readonly #limits: TlsMeshLimits

  constructor(
    self: MeshIdentity,
    encrypted: boolean,
    owner: GreeterOwner,
    peers: PeerTable,
    troubles: Troubles,
    limits: TlsMeshLimits,
  ) {
    this.#self = self
    this.#encrypted = encrypted
    this.#owner = owner
    this.#peers = peers
    this.#troubles = troubles
    this.#limits = limits
  }

  greet(connection: Connection): void {
    if (this.#encrypted) {
      const outcome = this.#judgeCertificate(connection.socket as TLSSocket)
      if (isRefusal(outcome)) {
        this.refuse(connection, outcome)
        return
      }
      connection.certified = outcome
      if (outcome.cluster !== this.#self.cluster) {
        this.refuse(connection, this.#otherCluster(outcome.cluster))
        return
      }
    }
    const { address, addresses } = this.#owner.addresses()
    connection.told = addresses
    connection.write(encodeHello({ ...this.#self, address, addresses, dial: connection.dial?.number ?? 0 }))
    connection.expectOpen(this.#limits.greetingDeadlineMs, () => this.#late(connection))
  }

  onControl(connection: Connection, kind: number, payload: Buffer): void {
    switch (kind) {
      case PacketKind.hello:
        void this.#onHello(connection, decodeHello(payload))
        break
      case PacketKind.accept:
        connection.welcomed = true
        this.#openWhenBothAccepted(connection)
        break
      case PacketKind.refusal:
        this.#onRefusal(connection, decodeRefusal(payload))
        break
      case PacketKind.ping:
        connection.write(PONG)
        break
      case PacketKind.pong:
        connection.pong()
        break
      case PacketKind.addresses:
        this.#owner.onAddresses(decodeAddresses(payload))
        break
    }
  }

  /** Tells both sides and closes. */
  refuse(connection: Connection, refusal: Refusal): void {
    this.#troubles.report(refusal.code, `refused ${this.#nameOf(connection)}: ${refusal.detail}`, connection.subject)
    connection.refuse(refusal)
  }

  async #onHello(connection: Connection, hello: Hello | Refusal): Promise<void> {
    if (!isRefusal(hello) && hello.nodeId === this.#self.nodeId && hello.runId === this.#self.runId) {
      connection.answered = true
      this.#owner.onSelf(connection)
      connection.close()
      return
    }
    const refusal = isRefusal(hello) ? hello : this.#judge(hello, connection.certified)
    if (refusal !== undefined) this.refuse(connection, refusal)
    else await this.#admit(connection, hello as Hello)
  }

  async #admit(connection: Connection, hello: Hello): Promise<void> {
    connection.hello = hello
    this.#owner.onIdentified(connection, hello)
    if (!(await this.#peers.admits(hello))) {
      this.refuse(connection, this.#duplicate(hello.nodeId))
      return
    }
    if (connection.down || connection.answered) return
    connection.accepted = true
    connection.write(ACCEPT)
    this.#openWhenBothAccepted(connection)
  }

  #judgeCertificate(socket: TLSSocket): CertificateIdentity | Refusal {
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined) return { code: 'CERTIFICATE_INVALID', detail: 'no certificate was shown' }
    if (!socket.authorized)
      return {
        code: 'CERTIFICATE_INVALID',
        detail: `${reasonOf(socket.authorizationError)}; subject ${certificate.subject}`,
      }
    const refusal = this.#owner.revocationOf(certificate)
    if (refusal !== undefined) return refusal
    const identity = identityOf(certificate.subjectAltName)
    return identity ?? { code: 'CERTIFICATE_INVALID', detail: 'the certificate has no single configsync:// name' }
  }

  #judge(hello: Hello, certified: CertificateIdentity | undefined): Refusal | undefined {
    if (hello.cluster !== this.#self.cluster) return this.#otherCluster(hello.cluster)
    if (certified !== undefined && certified.nodeId !== hello.nodeId)
      return {
        code: 'IDENTITY_MISMATCH',
        detail: `the certificate is for ${certified.nodeId}, the hello says ${hello.nodeId}`,
      }
    if (hello.nodeId === this.#self.nodeId) return this.#duplicate(hello.nodeId)
    return undefined
  }

  #openWhenBothAccepted(connection: Connection): void {
    if (!connection.open) return
    const hello = connection.hello!
    if (this.#peers.add(connection)) {
      connection.receive()
      this.#tellNews(connection)
      this.#owner.onOpen(connection, hello)
    } else this.refuse(connection, this.#duplicate(hello.nodeId))
  }

  /** Two nodes that greet this one at once are in neither's hello: whoever opens later is told of the other here. */
  #tellNews(connection: Connection): void {
    const told = new Set(connection.told)
    connection.told = []
    const news = this.#owner.addresses().addresses.filter((address) => !told.has(address))
    if (news.length > 0) connection.write(encodeAddresses(news))
  }

  #onRefusal(connection: Connection, { code, detail }: Refusal): void {
    const by = this.#nameOf(connection)
    const mutual = connection.answered
    if (!mutual) {
      connection.answered = true
      this.#troubles.report(code, `${by} refused this node: ${detail}`, connection.subject)
      connection.cut()
    }
    // What a stranger who came by himself says, whom this node refused, is nothing to it.
    if (NODE_REFUSALS.has(code) && !(mutual && connection.dial === undefined))
      this.#owner.onTurnedAway({ by, code, detail, mutual })
  }

  #late(connection: Connection): void {
    if (connection.hello !== undefined) connection.cut()
    else
      this.refuse(connection, {
        code: 'FRAME_MALFORMED',
        detail: `no hello within ${this.#limits.greetingDeadlineMs} ms`,
      })
  }

  #nameOf(connection: Connection): string {
    const nodeId = connection.hello?.nodeId ?? connection.certified?.nodeId
    return nodeId === undefined ? connection.remote : `${nodeId} (${connection.remote})`
  }

  readonly #otherCluster = (cluster: string): Refusal => ({
    code: 'CLUSTER_MISMATCH',
    detail: `one side is in cluster ${cluster}, the other in ${this.#self.cluster}`,
  })

  readonly #duplicate = (nodeId: NodeId): Refusal => ({
    code: 'NODE_DUPLICATE',
    detail: `another live run calls itself ${nodeId}`,
  })
}

/** Typed as an error, in fact the code of OpenSSL's verdict. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error ? error.message : String(error)
  const meanings: Readonly<Record<string, string>> = {
    CERT_HAS_EXPIRED: 'the certificate has expired',
    CERT_NOT_YET_VALID: 'the certificate is not valid yet',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is of another authority',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is of another authority',
    UNABLE_TO_GET_ISSUER_CERT: 'the certificate is of another authority',
    SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is of another authority',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is signed by itself',
    CERT_SIGNATURE_FAILURE: 'the certificate is of another authority',
    INVALID_PURPOSE: 'the certificate is not for both server and client',
  }
  const meaning = meanings[code]
  return meaning === undefined ? code : `${meaning} (${code})`
}
