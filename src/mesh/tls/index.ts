export {
  type Authority,
  type CertificateRequest,
  createAuthority,
  type IssuedCertificate,
  issueCertificate,
  readAuthority,
  writeAuthority,
  writeCertificate,
} from './authority.ts'
export type { CertificateSource } from './certificates.ts'
export { type CertificateIdentity, identityOf, identityUri, isClusterName } from './identity.ts'
export { noteIssued, serialsOf } from './issued-certificates.ts'
export { TLS_MESH_LIMITS, type TlsMeshLimits } from './limits.ts'
export { TlsMesh } from './mesh.ts'
export {
  REVOCATION_REASONS,
  type RevocationReason,
  type RevocationRequest,
  readRevocationList,
  revokeCertificates,
  writeRevocationList,
} from './revocation-list.ts'
export type { TlsMeshOptions } from './settings.ts'
