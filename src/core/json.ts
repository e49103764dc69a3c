/** A value of a parameter: JSON, so without undefined, NaN and infinities. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }
export type JsonObject = { readonly [key: string]: JsonValue }

export const isJsonObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Why a value is not JSON of at most `depthMax` levels, or undefined when it is.
 * A plain value has depth 0, an array or object one more than its deepest member.
 */
export function jsonDefect(value: unknown, depthMax: number): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined
    case 'number':
      return Number.isFinite(value) ? undefined : `${value} is not JSON`
    case 'object':
      return value === null ? undefined : containerDefect(value, depthMax)
    default:
      return `a ${typeof value} is not JSON`
  }
}

function containerDefect(value: object, depthMax: number): string | undefined {
  if (depthMax <= 0) return 'the value is nested too deeply'
  if (Array.isArray(value)) return firstDefect(value, depthMax - 1)
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return 'an instance of a class is not JSON'
  return firstDefect(Object.values(value), depthMax - 1)
}

function firstDefect(members: readonly unknown[], depthMax: number): string | undefined {
  // An index loop, because a hole in an array is undefined here and skipped by for-each.
  for (let i = 0; i < members.length; i++) {
    const defect = jsonDefect(members[i], depthMax)
    if (defect) return defect
  }
  return undefined
}

/** JSON text with object keys in code-unit order: equal values have equal texts (RFC 8785 in spirit). */
export function canonicalJson(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const object = value as JsonObject
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key]!)}`)
  return `{${members.join(',')}}`
}

export const jsonEqual = (a: JsonValue | undefined, b: JsonValue | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b))

/** The value itself, which nobody can change any more: what is replicated must not change behind the replica's back. */
export function deepFrozen<T extends JsonValue | undefined>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) deepFrozen(member as JsonValue)
  return Object.freeze(value)
}
