import { statSync } from 'node:fs'

/**
 * Tells a file from every copy of it. A restored backup and a cloned folder are other files with the same content, whose
 * numbers somebody else may have used meanwhile.
 */
export function fileIdentity(path: string): string {
  const { ino, birthtimeNs, ctimeNs } = statSync(path, { bigint: true })
  // Where the file system keeps no time of birth, that of the last change is given for it.
  return birthtimeNs === ctimeNs ? `${ino}` : `${ino}/${birthtimeNs}`
}
