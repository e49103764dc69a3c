// Stands in for curl when the commands of the documentation are run, so that the tests need no more than Node.
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean', short: 's' },
    'show-error': { type: 'boolean', short: 'S' },
    fail: { type: 'boolean', short: 'f' },
    include: { type: 'boolean', short: 'i' },
    request: { type: 'string', short: 'X' },
    header: { type: 'string', short: 'H', multiple: true },
    data: { type: 'string', short: 'd' },
    json: { type: 'string' },
    'max-time': { type: 'string', short: 'm', default: '20' },
  },
})

const [address, ...more] = positionals
if (address === undefined || more.length > 0) throw new Error(`one address, not ${positionals.length}`)

const headers = new Headers({ accept: '*/*' })
if (values.json !== undefined) headers.set('content-type', 'application/json')
else if (values.data !== undefined) headers.set('content-type', 'application/x-www-form-urlencoded')
for (const header of values.header ?? [])
  headers.set(header.slice(0, header.indexOf(':')), header.slice(header.indexOf(':') + 1).trim())

const body = values.json ?? values.data
const response = await fetch(address.includes('://') ? address : `http://${address}`, {
  method: values.request ?? (body === undefined ? 'GET' : 'POST'),
  headers,
  signal: AbortSignal.timeout(Number(values['max-time']) * 1000),
  ...(body === undefined ? {} : { body }),
})

if (values.include === true) {
  process.stdout.write(`HTTP/1.1 ${response.status} ${response.statusText}\n`)
  for (const [name, value] of response.headers) process.stdout.write(`${name}: ${value}\n`)
  process.stdout.write('\n')
}
const refused = values.fail === true && !response.ok
if (!refused) process.stdout.write(await response.text())
process.exitCode = refused ? 22 : 0
