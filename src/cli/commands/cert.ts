import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
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

interface IssueOptions extends FolderOptions {
  readonly host?: readonly string[]
}

const HELP = `
  configsync cert init --cluster prod --dir ./certs
  configsync cert issue node-1 --dir ./certs
  configsync agent --node-id node-1 --cluster prod \\
    --tls-cert certs/node-1.pem --tls-key certs/node-1-key.pem --tls-ca certs/ca.pem

Keep ca-key.pem to yourself: whoever has it can be any node. A running agent takes renewed files without a restart.`

export function registerCert(program: Command): void {
  const cert = program
    .command('cert')
    .description('make certificates for the nodes of a cluster')
    .addHelpText('after', HELP)
  folderCommand(cert, 'init', "make a cluster's authority: ca.pem, ca-key.pem", '3650')
    .requiredOption('--cluster <name>', 'the cluster; its nodes accept no other')
    .action(init)
  folderCommand(cert, 'issue', "make a node's certificate: NODE.pem, NODE-key.pem", '365')
    .argument('<node-id>', 'the node that may use it, and no other')
    .option('--host <name...>', 'host names and addresses to carry besides, for other tools')
    .action(issue)
}

function folderCommand(cert: Command, name: string, description: string, days: string): Command {
  return cert
    .command(name)
    .description(description)
    .addOption(new Option('--dir <folder>', 'where the certificates are').default('./certs'))
    .option('--days <n>', `days until it expires (${days})`, positiveIntegerOption)
    .option('--force', 'replace files that are there')
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
  const { issueCertificate, readAuthority, writeCertificate } = await loadTls()
  const authority = await readAuthority(dir)
  const issued = await issueCertificate({ authority, nodeId, hosts: host, ...(days === undefined ? {} : { days }) })
  if (!force) refuseExisting(join(dir, `${nodeId}.pem`), join(dir, `${nodeId}-key.pem`))
  const { cert, key } = await writeCertificate(dir, nodeId, issued)
  const ca = join(dir, 'ca.pem')
  report(
    { cluster: authority.cluster, nodeId, cert, key, ca },
    `certificate of ${nodeId} in ${authority.cluster}: ${cert}, ${key}`,
    json,
  )
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
