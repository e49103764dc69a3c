import fc from 'fast-check'

/** One request as bytes, from parts of which each may be right or wrong. */
export interface HostileRequest {
  readonly method: string
  readonly target: string
  readonly version: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
  readonly framing: 'length' | 'chunked' | 'none' | 'both' | 'wrong-length' | 'wrong-chunks'
}

const text = fc.string({ unit: 'binary', maxLength: 12 }).map((raw) => raw.replace(/[\r\n]/g, ''))

const method = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'POST', 'OPTIONS') },
  { weight: 2, arbitrary: fc.constantFrom('TRACE', 'CONNECT', 'PRI', 'M-SEARCH', 'QUERY', 'get', 'FOO', '') },
  { weight: 1, arbitrary: text },
)

const segment = fc.oneof(
  fc.constantFrom('mesh', 'a', 'b.c', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'configsync'),
  fc.constantFrom('', '.', '..', '%2e%2e', '%00', '%', '%zz', '%c3%28', '%ff', '%2F', 'a%0d%0ab', ';a=b', '~', '*'),
  fc.constantFrom('x'.repeat(128), 'x'.repeat(129), 'x'.repeat(9_000), '%41'.repeat(3_000)),
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((name) => encodeURIComponent(name.toWellFormed())),
  text,
)

const query = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  fc.constantFrom(
    '?reason=x&priority=1',
    '?priority=1e3',
    '?priority=1&priority=2',
    '?limit=5',
    '?limit=0',
    '?section=a&parameter=b',
    '?__proto__=1',
    '?a[b]=c',
    '?%',
    '?#x',
    '??',
  ),
)

const path = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(segment, segment).map(([section, name]) => `/v1/config/${section}/${name}`) },
  { weight: 3, arbitrary: fc.constantFrom('/v1/config', '/v1/config/mesh', '/v1/config/a/b', '/v1/status') },
  fc.constantFrom('/', '/v1/nodes', '/v1/version-vectors', '/v1/conflicts', '/metrics', '/healthz', '/readyz'),
  fc.constantFrom('/v1/events', '/v1/parameters', '/v1/propagation', '/assets/x.js', '/assets/../index.html'),
  fc.constantFrom('/openapi.json', '/v1/watch', '/v1', '//v1//config', '/v1/config/', '/v1/../v1/config', '*'),
  fc.constantFrom('http://127.0.0.1/v1/config', 'http://evil.example/v1/config', 'evil.example:80', '\\v1\\config'),
  fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`),
)

const JSON_TYPES = ['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON'] as const

const header: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.constantFrom(
    ...['127.0.0.1', 'localhost:80', 'evil.example', '', '[::1]', '127.0.0.1:99999', '@localhost'].map(
      (host) => ['Host', host] as const,
    ),
  ),
  fc.constantFrom(
    ...[...JSON_TYPES, 'text/plain', 'application/json-patch+json', ';', 'multipart/form-data', '\u00ff'].map(
      (type) => ['Content-Type', type] as const,
    ),
  ),
  fc.constantFrom<readonly [string, string]>(
    ['Content-Encoding', 'gzip'],
    ['Accept-Encoding', 'br'],
    ['Expect', '100-continue'],
    ['Expect', '200-ok'],
    ['Upgrade', 'websocket'],
    ['Upgrade', 'h2c'],
    ['Connection', 'upgrade'],
    ['Connection', 'close'],
    ['Connection', 'keep-alive'],
    ['Content-Length', '-1'],
    ['Content-Length', '99999999999999999999'],
    ['Content-Length', '5 5'],
    ['Transfer-Encoding', 'gzip, chunked'],
    ['Transfer-Encoding', 'identity'],
    ['Trailer', 'X'],
    ['Authorization', 'Bearer x'],
    ['Last-Event-ID', '0'],
    ['Origin', 'http://evil.example'],
    ['X-HTTP-Method-Override', 'DELETE'],
    ['__proto__', 'x'],
    ['X-Long', 'x'.repeat(8_000)],
    ['X-Longer', 'x'.repeat(20_000)],
    ['Bad Name', 'x'],
    ['', 'x'],
    ['X', 'a\u0000b'],
  ),
  fc.tuple(text, text),
)

const honestJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify({ value })),
  fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify({ value, priority: 1, reason: 'x' })),
  fc
    .array(
      fc.record({ section: fc.constantFrom('a', 'b', '__proto__'), parameter: fc.string(), value: fc.jsonValue() }),
    )
    .map((changes) => JSON.stringify({ changes })),
)

const body = fc.oneof(
  { weight: 6, arbitrary: honestJson.map((json) => Buffer.from(json)) },
  { weight: 2, arbitrary: fc.json().map((json) => Buffer.from(json)) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        '{"__proto__":{"value":1}}',
        '{"value":1,"__proto__":{"priority":5}}',
        '{"value":{"__proto__":{"admin":true},"constructor":{"prototype":1}}}',
        '{"value":1,"value":2}',
        '{"changes":[{"section":"a","parameter":"b","value":1,"deleted":true}]}',
        '{"changes":[null]}',
        '{"value":1e999}',
        '{"value":-0}',
        '{"value":"\\ud800"}',
        '{"value":1}x',
        '\ufeff{"value":1}',
        '{"value":NaN}',
        `{"value":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
        `{"value":"${'x'.repeat(1_100_000)}"}`,
      )
      .map((json) => Buffer.from(json)),
  },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  fc.tuple(honestJson, fc.nat()).map(([json, at]) => Buffer.from(json).subarray(0, at % (json.length + 1))),
)

export const hostileRequest: fc.Arbitrary<HostileRequest> = fc.record({
  method,
  target: fc.tuple(path, query).map((parts) => parts.join('')),
  version: fc.oneof(
    { weight: 12, arbitrary: fc.constant('HTTP/1.1') },
    fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ', 'HTTPS/1.1', ''),
  ),
  headers: fc
    .tuple(fc.boolean(), fc.boolean(), fc.array(header, { maxLength: 4 }))
    .map(([hosted, typed, others]) => [
      ...(hosted ? ([['Host', '127.0.0.1']] as const) : []),
      ...(typed ? ([['Content-Type', 'application/json']] as const) : []),
      ...others,
    ]),
  body,
  framing: fc.constantFrom('length', 'length', 'length', 'chunked', 'none', 'both', 'wrong-length', 'wrong-chunks'),
})

/** As it goes over the wire. Header text is latin1, so that any byte can stand in it. */
export function bytesOf({ method: verb, target, version, headers, body: content, framing }: HostileRequest): Buffer {
  const lines = [`${verb} ${target} ${version}`, ...headers.map(([name, value]) => `${name}: ${value}`)]
  const lengthOff = framing === 'wrong-length' ? 3 : 0
  if (framing !== 'none' && framing !== 'chunked' && framing !== 'wrong-chunks')
    lines.push(`Content-Length: ${content.length + lengthOff}`)
  const chunked = framing === 'chunked' || framing === 'both' || framing === 'wrong-chunks'
  if (chunked) lines.push('Transfer-Encoding: chunked')
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return Buffer.concat([head, chunked ? chunksOf(content, framing === 'wrong-chunks') : content])
}

function chunksOf(content: Uint8Array, wrong: boolean): Buffer {
  if (content.length === 0) return Buffer.from('0\r\n\r\n')
  const size = wrong ? `${content.length.toString(16)}z` : content.length.toString(16)
  return Buffer.concat([Buffer.from(`${size}\r\n`), content, Buffer.from('\r\n0\r\n\r\n')])
}
