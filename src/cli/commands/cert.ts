import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { RevocationReason } from '#mesh/tls/index'
import { jsonOption } from '../agent-command.ts'
import { failure } from '../failure.ts'
import { positiveIntegerOption } from '../options.ts'
import { createOutput } from '../output.ts'

interface FolderOptions {
  readonly dir: string
  readonly days?: number
  readonly force?: boolean
  readonly json?: boolean
}

interface InitOptions extends FolderOptions {
  readonly cluster: string
}

interface RevokeOptions extends FolderOptions {
  readonly serial?: readonly string[]
  readonly reason: RevocationReason
}

interface IssueOptions extends FolderOptions {
  readonly host?: readonly string[]
}

/** As `REVOCATION_REASONS` of the mesh, which is loaded when it is needed. */
const REASONS = ['unspecified', 'key-compromise', 'superseded', 'cessation-of-operation'] satisfies RevocationReason[]
const FORCE = ['--force', 'replace files that are there'] as const

const HELP = `
  configsync cert init --cluster prod --dir ./certs
  configsync cert issue node-1 --dir ./certs
  configsync agent --node-id node-1 --cluster prod \\
    --tls-cert certs/node-1.pem --tls-key certs/node-1-key.pem --tls-ca certs/ca.pem

  configsync cert revoke node-3 --dir ./certs

Keep ca-key.pem to yourself: whoever has it can be any node. A running agent takes renewed files without a restart.
Copy ca.crl to every host: as revoked.crl into the data folder, or wherever --tls-crl says.`

export function registerCert(program: Command): void {
  const cert = program
    .command('cert')
    .description('make certificates for the nodes of a cluster')
    .addHelpText('after', HELP)
  folderCommand(cert, 'init', "make a cluster's authority: ca.pem, ca-key.pem", '3650')
    .option(...FORCE)
    .requiredOption('--cluster <name>', 'the cluster; its nodes accept no other')
    .action(init)
  folderCommand(cert, 'issue', "make a node's certificate: NODE.pem, NODE-key.pem", '365')
    .option(...FORCE)
    .argument('<node-id>', 'the node that may use it, and no other')
    .option('--host <name...>', 'host names and addresses to carry besides, for other tools')
    .action(issue)
  folderCommand(cert, 'revoke', 'let certificates in no more: adds them to the list ca.crl', '3650', 'the list')
    .argument('<node-id>', 'all of its certificates that were issued from this folder and have not expired')
    .option('--serial <hex...>', 'these certificates instead, of a node whose files are gone', serialOption)
    .addOption(new Option('--reason <why>', 'why').choices(REASONS).default('unspecified'))
    .action(revoke)
}

function folderCommand(
  cert: Command,
  name: string,
  description: string,
  days: string,
  what: 'it' | 'the list' = 'it',
): Command {
  return cert
    .command(name)
    .description(description)
    .addOption(new Option('--dir <folder>', 'where the certificates are').default('./certs'))
    .option('--days <n>', `days until ${what} expires (${days})`, positiveIntegerOption)
    .addOption(jsonOption())
}

async function init({ cluster, dir, days, force, json }: InitOptions): Promise<void> {
  if (!force) refuseExisting(join(dir, 'ca.pem'), join(dir, 'ca-key.pem'))
  const { createAuthority, writeAuthority } = await loadTls()
  const authority = await createAuthority({ cluster, ...(days === undefined ? {} : { days }) })
  const { certificate, key } = await writeAuthority(dir, authority)
  report({ cluster, certificate, key }, `authority of ${cluster}: ${certificate}, ${key}`, json)
}

async function issue(nodeId: string, { dir, days, force, json, host = [] }: IssueOptions): Promise<void> {
  const { issueCertificate, noteIssued, readAuthority, writeCertificate } = await loadTls()
  const authority = await readAuthority(dir)
  const issued = await issueCertificate({ authority, nodeId, hosts: host, ...(days === undefined ? {} : { days }) })
  if (!force) refuseExisting(join(dir, `${nodeId}.pem`), join(dir, `${nodeId}-key.pem`))
  // Noted first: a certificate that nobody knows of could not be revoked.
  await noteIssued(dir, nodeId, issued.cert)
  const { cert, key } = await writeCertificate(dir, nodeId, issued)
  const ca = join(dir, 'ca.pem')
  report(
    { cluster: authority.cluster, nodeId, cert, key, ca },
    `certificate of ${nodeId} in ${authority.cluster}: ${cert}, ${key}`,
    json,
  )
}

async function revoke(nodeId: string, { dir, days, serial, reason, json }: RevokeOptions): Promise<void> {
  const { readAuthority, readRevocationList, revokeCertificates, serialsOf, writeRevocationList } = await loadTls()
  const authority = await readAuthority(dir)
  const serials = serial ?? (await serialsOf(dir, nodeId))
  const list = await readRevocationList(dir)
  const lifetime = days === undefined ? {} : { days }
  const path = await writeRevocationList(
    dir,
    await revokeCertificates({ authority, serials, list, reason, ...lifetime }),
  )
  const certificates = serials.length === 1 ? 'certificate' : 'certificates'
  report(
    { cluster: authority.cluster, nodeId, serials, reason, list: path },
    `revoked ${serials.length} ${certificates} of ${nodeId}: copy ${path} to every host`,
    json,
  )
}

function serialOption(text: string, before: readonly string[] = []): readonly string[] {
  if (/^[0-9a-f]{1,40}$/i.test(text)) return [...before, text.toLowerCase()]
  throw new InvalidArgumentError('It is no hexadecimal serial number.')
}

/** Loaded when it is needed: every other command is faster without. */
const loadTls = () => import('#mesh/tls/index')

/** A lost authority key cuts a cluster off from new certificates: nothing is replaced by accident. */
function refuseExisting(...paths: string[]): void {
  const there = paths.filter((path) => existsSync(path))
  if (there.length > 0) throw failure('FILE_EXISTS', `${there.join(', ')} would be replaced`)
}

function report(document: object, text: string, json: boolean | undefined): void {
  const output = createOutput(json === true)
  if (json) output.document(document)
  else output.line(text)
}
