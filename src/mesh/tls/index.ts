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
export { type CertificateIdentity, identityOf, identityUri, isClusterName } from './identity.ts'
