/** Stands in documentation for what differs from run to run. */
const VARIES = '…'

/** Whether printed text is what the page shows: `…` matches within a line, a line of `…` alone any lines. */
export function matchesText(expected: string, actual: string): boolean {
  const lines = expected.trimEnd().split('\n')
  const pattern = lines.map((line) => (line.trim() === VARIES ? '(?:.*\n)*?.*' : linePattern(line)))
  return new RegExp(`^${pattern.join('\n')}$`).test(withoutTrailingSpace(actual))
}

const linePattern = (line: string): string =>
  line
    .trimEnd()
    .split(VARIES)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')

const withoutTrailingSpace = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd()

/**
 * Whether JSON is what the page shows. The string `"…"` matches any value, within a string any part, as the last element
 * any further elements, and the member `"…": "…"` any further members.
 */
export function matchesJson(expected: unknown, actual: unknown): boolean {
  if (expected === VARIES) return true
  if (typeof expected === 'string') return typeof actual === 'string' && matchesText(expected, actual)
  if (typeof expected !== 'object' || expected === null) return Object.is(expected, actual)
  if (Array.isArray(expected)) return Array.isArray(actual) && matchesArray(expected, actual)
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return false
  return matchesObject(expected as Record<string, unknown>, actual as Record<string, unknown>)
}

function matchesArray(expected: readonly unknown[], actual: readonly unknown[]): boolean {
  const open = expected.at(-1) === VARIES
  const fixed = open ? expected.slice(0, -1) : expected
  if (open ? actual.length < fixed.length : actual.length !== fixed.length) return false
  return fixed.every((element, i) => matchesJson(element, actual[i]))
}

function matchesObject(expected: Record<string, unknown>, actual: Record<string, unknown>): boolean {
  const names = Object.keys(expected).filter((name) => name !== VARIES)
  const open = names.length < Object.keys(expected).length
  if (!open && Object.keys(actual).some((name) => !Object.hasOwn(expected, name))) return false
  return names.every((name) => Object.hasOwn(actual, name) && matchesJson(expected[name], actual[name]))
}
