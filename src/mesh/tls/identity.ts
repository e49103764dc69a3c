import { isNodeId, type NodeId } from '#core/identity'

/** What a certificate says about its holder. */
export interface CertificateIdentity {
  readonly cluster: string
  readonly nodeId: NodeId
}

/** A cluster is named by the rule of nodeIds, so that both fit into the certificate's name. */
export const isClusterName = (text: unknown): text is string => isNodeId(text)

/** The name that a node's certificate carries as a URI in its subjectAltName. */
export const identityUri = ({ cluster, nodeId }: CertificateIdentity): string => `configsync://${cluster}/${nodeId}`

/** The name of a cluster's authority. */
export const clusterUri = (cluster: string): string => `configsync://${cluster}`

const NODE_URI = /^URI:configsync:\/\/([A-Za-z0-9._-]{1,128})\/([A-Za-z0-9._-]{1,128})$/
const CLUSTER_URI = /^URI:configsync:\/\/([A-Za-z0-9._-]{1,128})$/

/**
 * Reads a node's identity out of a subjectAltName as Node prints it (`DNS:localhost, URI:configsync://prod/node-1`).
 * Undefined when there is none, or more than one: a certificate speaks for one node.
 */
export function identityOf(subjectAltName: string | undefined): CertificateIdentity | undefined {
  const [match, second] = matches(subjectAltName, NODE_URI)
  if (match === undefined || second !== undefined) return undefined
  return { cluster: match[1] as string, nodeId: match[2] as NodeId }
}

/** The cluster that an authority's subjectAltName names. */
export function clusterOf(subjectAltName: string | undefined): string | undefined {
  const [match, second] = matches(subjectAltName, CLUSTER_URI)
  return second === undefined ? match?.[1] : undefined
}

/** Node quotes a name that holds a comma or a quote, so that one name cannot pose as several: split outside quotes only. */
const ENTRIES = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g

function matches(subjectAltName: string | undefined, uri: RegExp): RegExpExecArray[] {
  const entries = subjectAltName?.match(ENTRIES) ?? []
  return entries.map((entry) => uri.exec(entry.trim())).filter((match) => match !== null)
}
