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
export { TLS_MESH_LIMITS, type TlsMeshLimits } from './limits.ts'
export { TlsMesh } from './mesh.ts'
export type { TlsMeshOptions } from './settings.ts'
