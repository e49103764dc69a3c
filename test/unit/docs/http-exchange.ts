import { matchesJson, matchesText } from './expectation.ts'

/** A request as a page shows it: request line, headers, an empty line, the body. */
export interface DocumentedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

const REQUEST_LINE = /^(GET|PUT|PATCH|POST|DELETE|HEAD) (\/\S*)(?: HTTP\/1\.1)?$/
const STATUS_LINE = /^HTTP\/1\.1 (\d{3})\b/

/** @throws when the text is no request */
export function readRequest(text: string): DocumentedRequest {
  const { first, headers, body } = partsOf(text)
  const [, method, path] = REQUEST_LINE.exec(first) ?? []
  if (method === undefined || path === undefined) throw new Error(`no request line: ${first}`)
  return { method, path, headers, body }
}

/** What a page says of an answer, held against the answer; undefined when they agree. */
export async function answerFault(expected: string | undefined, response: Response): Promise<string | undefined> {
  const text = await response.text()
  const seen = `HTTP/1.1 ${response.status}\n${text}`
  if (expected === undefined || !STATUS_LINE.test(expected)) {
    if (!response.ok) return `the answer is no success: ${seen}`
    return expected === undefined || bodyMatches(expected, text) ? undefined : seen
  }
  const { first, headers, body } = partsOf(expected)
  if (Number(STATUS_LINE.exec(first)?.[1]) !== response.status) return seen
  const wrong = Object.entries(headers).find(([name, value]) => !matchesText(value, response.headers.get(name) ?? ''))
  if (wrong !== undefined) return `${wrong[0]}: ${response.headers.get(wrong[0])}`
  return body === undefined || bodyMatches(body, text) ? undefined : seen
}

/** JSON is compared as JSON, anything else as text. */
export function bodyMatches(expected: string, actual: string): boolean {
  const [wanted, given] = [jsonOf(expected), jsonOf(actual)]
  return wanted === undefined || given === undefined
    ? matchesText(expected, actual)
    : matchesJson(wanted.json, given.json)
}

function jsonOf(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function partsOf(text: string): { first: string; headers: Record<string, string>; body: string | undefined } {
  const [head = '', ...rest] = text.trimEnd().split(/\n\n/)
  const [first = '', ...headerLines] = head.split('\n')
  const headers = headerLines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 1).trim(),
  ])
  return { first, headers: Object.fromEntries(headers), body: rest.length === 0 ? undefined : rest.join('\n\n') }
}
