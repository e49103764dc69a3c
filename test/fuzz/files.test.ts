import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { settleSettings } from '#agent/settings'
import { AGENT_SETTINGS } from '#agent/settings-table'
import { readObjectives } from '#agent/tuner-file'
import { parseTree } from '#cli/commands/import'
import { CommandFailure } from '#cli/failure'
import { readEvents } from '#codec/event-stream'
import { ConfigSyncError, ERROR_CODES } from '#core/errors'
import { loadCredentials } from '#mesh/tls/certificates'
import { revokeCertificates } from '#mesh/tls/revocation-list'
import { Revocations } from '#mesh/tls/revocations'
import { declarationsFromJson } from '#node/json-schema'
import { parseScenario } from '#sim/scenario/parser'
import { ObjectiveRuns } from '#tuner/objective-runs'
import { authorityOf, certificateOf } from '../support/certificates.ts'
import { root } from '../unit/tidy/sources.ts'
import { explore } from './exploration.ts'
import { mutated, mutation } from './mutations.ts'

const folder = mkdtempSync(join(tmpdir(), 'configsync-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true }))

const DETAIL_CHARACTERS_MAX = 20_000

/** It is read, or refused with one of these codes and a detail. */
async function expectReadOr(codes: readonly string[], read: () => unknown): Promise<void> {
  try {
    await read()
  } catch (error) {
    const { code, detail } = error instanceof CommandFailure ? error.view : codedOf(error)
    expect(codes, detail).toContain(code)
    expect(detail.length).toBeGreaterThan(0)
    expect(detail.length).toBeLessThan(DETAIL_CHARACTERS_MAX)
  }
}

/** @throws whatever has no code: it is a bug */
function codedOf(error: unknown): { readonly code: string; readonly detail: string } {
  if (error instanceof ConfigSyncError && Object.hasOwn(ERROR_CODES, error.code)) return error
  throw error
}

/** A real file of its kind, damaged by bytes, or by a value put in the place of another. */
const damagedText = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...texts), fc.array(mutation, { minLength: 1, maxLength: 3 }), fc.constantFrom(...texts))
    .map(([text, changes, other]) =>
      Buffer.from(
        changes.reduce<Uint8Array>((bytes, one) => mutated(bytes, Buffer.from(other), one), Buffer.from(text)),
      ).toString('utf8'),
    )
const damagedJson = (texts: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    damagedText(texts),
    fc.json(),
    fc.tuple(fc.constantFrom(...texts), fc.nat(), fc.jsonValue()).map(([text, at, value]) => replaced(text, at, value)),
  )

/** The JSON with one of its values, wherever it is, replaced by another. */
function replaced(text: string, at: number, value: unknown): string {
  const count = text.match(/[:[,]/g)?.length ?? 1
  let seen = 0
  return JSON.stringify(JSON.parse(text), (_, inner) => (seen++ === at % count ? value : inner))
}

const example = (name: string): string => readFileSync(join(root, 'examples', name), 'utf8')

describe('files of people, however damaged', () => {
  it('settings of an agent: read, or SETTING_INVALID with the place', async () => {
    const known = fc.constantFrom(...AGENT_SETTINGS.map(({ name }) => name), '__proto__', 'constructor', 'data ')
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('127.0.0.1:1', 'a', '[::1]:2', 'lan', true, 0, -1e300))
    const made = fc.array(fc.tuple(known, value)).map((entries) => JSON.stringify(Object.fromEntries(entries)))
    const path = join(folder, 'agent.json')
    await explore(
      'settings files',
      fc.asyncProperty(fc.oneof(made, damagedJson([example('agent.json')])), (text) => {
        writeFileSync(path, text)
        return expectReadOr(['SETTING_INVALID', 'NODE_ID_INVALID'], () => settleSettings({ config: path }, {}))
      }),
      500,
    )
  })

  it('declarations in JSON Schema: read, or SCHEMA_INVALID with the parameter', async () => {
    await explore(
      'schema files',
      fc.asyncProperty(damagedJson([example('schema.json')]), (text) =>
        expectReadOr(['SCHEMA_INVALID'], () => declarationsFromJson(parsedOrUndefined(text))),
      ),
      120,
    )
  })

  it('objectives of the tuner: read and judged, or OBJECTIVE_INVALID', async () => {
    const declarations = declarationsFromJson(JSON.parse(example('schema.json')))
    const path = join(folder, 'tuner.json')
    const objective = JSON.parse(example('tuner.json')).objectives[0]
    const made = fc
      .record({
        field: fc.constantFrom(...Object.keys(objective), 'goal', '__proto__'),
        value: fc.oneof(fc.jsonValue(), fc.constant(objective.goals)),
      })
      .map(({ field, value }) => JSON.stringify({ objectives: [{ ...objective, [field]: value }] }))
    await explore(
      'tuner files',
      fc.asyncProperty(fc.oneof(made, damagedJson([example('tuner.json')])), (text) => {
        writeFileSync(path, text)
        return expectReadOr(['OBJECTIVE_INVALID'], () => new ObjectiveRuns(readObjectives(path), [], declarations))
      }),
      500,
    )
  })

  it('configuration to import: read, or FILE_UNREADABLE', async () => {
    await explore(
      'import files',
      fc.asyncProperty(damagedJson([example('oppie.json')]), (text) =>
        expectReadOr(['FILE_UNREADABLE'], () => parseTree(text, 'oppie.json')),
      ),
      500,
    )
  })

  it('scenarios: read, or SCENARIO_INVALID with the line', async () => {
    const stories = readdirSync(join(root, 'test/scenarios')).map((name) =>
      readFileSync(join(root, 'test/scenarios', name), 'utf8'),
    )
    await explore(
      'scenario files',
      fc.asyncProperty(damagedText(stories), (text) =>
        expectReadOr(['SCENARIO_INVALID'], () => parseScenario(text, 'story.txt')),
      ),
      500,
    )
  })

  it('revocation lists: read, or REVOCATIONS_INVALID', async () => {
    const authority = await authorityOf('tests')
    const lists = [
      await revokeCertificates({ authority, serials: ['0a', 'ff00'], reason: 'key-compromise' }),
      await revokeCertificates({ authority, serials: [] }),
    ]
    await explore(
      'revocation lists',
      fc.asyncProperty(damagedText(lists), (list) =>
        expectReadOr(['REVOCATIONS_INVALID'], () => new Revocations(list).load(authority.certificate)),
      ),
      200,
    )
  })

  it('certificates and keys: read, or CERTIFICATE_INVALID', async () => {
    const good = await certificateOf('a', 'test')
    const part = fc.constantFrom('cert', 'key', 'ca')
    // What is no PEM text is taken for a path: the texts keep their first line.
    const damaged = (text: string) => damagedText([text]).filter((pem) => pem.startsWith('-----BEGIN'))
    const source = part.chain((name) => damaged(good[name as 'cert']).map((pem) => ({ ...good, [name]: pem })))
    await explore(
      'certificate files',
      fc.asyncProperty(source, (pems) => expectReadOr(['CERTIFICATE_INVALID'], () => loadCredentials(pems))),
      200,
    )
  })
})

describe('what an agent streams', () => {
  it('is read as the same events, however it is chunked and damaged', async () => {
    const line = fc.constantFrom(
      'data: {"a":1}',
      'data',
      'id: 7',
      'event: change',
      ': sign',
      '',
      '',
      'retry: 5',
      '\ufeffdata:x',
    )
    const stream = fc.tuple(
      fc.array(line),
      fc.array(mutation, { maxLength: 2 }),
      fc.array(fc.nat(20), { minLength: 1 }),
    )
    await explore(
      'event streams',
      fc.asyncProperty(stream, async ([lines, changes, sizes]) => {
        const whole = Buffer.from(`${lines.join('\n')}\n\n`)
        const sent = changes.reduce<Uint8Array>((bytes, one) => mutated(bytes, whole, one), whole)
        expect(await eventsOf(sent, sizes)).toEqual(await eventsOf(sent, [sent.length]))
      }),
      500,
    )
  })
})

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function eventsOf(stream: Uint8Array, sizes: readonly number[]): Promise<object[]> {
  const events: object[] = []
  for await (const event of readEvents(chunksOf(stream, sizes))) events.push(event)
  return events
}

async function* chunksOf(stream: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = 1 + sizes[i % sizes.length]!
    yield stream.subarray(at, at + size)
    at += size
  }
}
