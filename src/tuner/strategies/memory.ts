import { isJsonObject, type JsonValue } from '#core/json'

/** What a strategy remembers is read back from a replicated value: whatever is not a number is left out. */
export function numbersFrom(json: JsonValue | undefined): Readonly<Record<string, number>> {
  if (json === undefined || !isJsonObject(json)) return {}
  const numbers = Object.entries(json).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
  return Object.fromEntries(numbers)
}

export const numberFrom = (json: JsonValue | undefined): number | undefined =>
  typeof json === 'number' ? json : undefined

/** An object of numbers only, undefined unless it has every one of `keys`. */
export function recordFrom<Key extends string>(
  json: JsonValue | undefined,
  keys: readonly Key[],
): Readonly<Record<Key, number>> | undefined {
  const numbers = numbersFrom(json)
  return keys.every((key) => numbers[key] !== undefined) ? (numbers as Record<Key, number>) : undefined
}
