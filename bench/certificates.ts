import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import type { Credentials } from './system.ts'
export async function issueCredentials(n: number): Promise<Credentials[]> {
  const d = mkdtempSync('/tmp/f/c-')
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=peer',
      '-keyout',
      `${d}/k.pem`,
      '-out',
      `${d}/c.pem`,
    ],
    { stdio: 'ignore' },
  )
  const c = readFileSync(`${d}/c.pem`, 'utf8')
  return Array.from({ length: n }, () => ({ cert: c, ca: c, key: readFileSync(`${d}/k.pem`, 'utf8') }))
}
