import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from './json.ts'
import { nameDefect } from './names.ts'
import type { MergeRule, Update } from './update.ts'

/** What a rule made of the siblings; `winner` where the value is that of one of them. */
export interface Merged {
  readonly value: JsonValue
  readonly winner?: Update
}

type BuiltInRule = Exclude<MergeRule, 'latest' | `custom:${string}`>

const BUILT_IN: Readonly<Record<BuiltInRule, (sorted: readonly Update[]) => Merged | undefined>> = {
  max: (sorted) => extreme(sorted, (a, b) => a > b),
  min: (sorted) => extreme(sorted, (a, b) => a < b),
  average,
  union,
  'deep-merge': deepMerge,
}

const CUSTOM_PREFIX = 'custom:'

/** The NAME of `custom:NAME`, undefined for any other rule. */
export const customRuleName = (rule: string): string | undefined =>
  rule.startsWith(CUSTOM_PREFIX) ? rule.slice(CUSTOM_PREFIX.length) : undefined

export const isBuiltInRule = (rule: string): rule is BuiltInRule => Object.hasOwn(BUILT_IN, rule)

/** Whether the text is well formed as a rule; a custom one need not be known here. */
export function isMergeRule(rule: string): rule is MergeRule {
  const name = customRuleName(rule)
  return name === undefined ? rule === 'latest' || isBuiltInRule(rule) : nameDefect(name) === undefined
}

/** @param sorted greatest first, none a tombstone. @returns undefined when the rule can use none of the values */
export const applyBuiltIn = (rule: BuiltInRule, sorted: readonly Update[]): Merged | undefined => BUILT_IN[rule](sorted)

function extreme(sorted: readonly Update[], beats: (a: number, b: number) => boolean): Merged | undefined {
  let winner: Update | undefined
  for (const update of sorted) {
    if (typeof update.value !== 'number') continue
    if (winner === undefined || beats(update.value, winner.value as number)) winner = update
  }
  return winner && { value: winner.value as number, winner }
}

/** Addition of doubles depends on the order; the order of the siblings is the same everywhere, so the last bit is too. */
function average(sorted: readonly Update[]): Merged | undefined {
  const numbers = sorted.map((update) => update.value).filter((value) => typeof value === 'number')
  if (numbers.length === 0) return undefined
  const sum = numbers.reduce((total, value) => total + value, 0)
  if (Number.isFinite(sum)) return { value: sum / numbers.length }
  // The sum is over the range of a double. The mean is not, but by its rounding may seem to be.
  const mean = numbers.reduce((total, value) => total + value / numbers.length, 0)
  return { value: Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, mean)) }
}

function union(sorted: readonly Update[]): Merged | undefined {
  const arrays = sorted.map((update) => update.value).filter((value) => Array.isArray(value))
  if (arrays.length === 0) return undefined
  const elements = new Map<string, JsonValue>()
  for (const array of arrays as JsonValue[][])
    for (const element of array) {
      const text = canonicalJson(element)
      if (!elements.has(text)) elements.set(text, element)
    }
  return { value: [...elements].sort(([a], [b]) => compareUtf8(a, b)).map(([, element]) => element) }
}

/**
 * The order of the strings' UTF-8 bytes, which is that of their code points. Code units differ from it only in that
 * surrogates, which stand for the highest code points, come before U+E000 … U+FFFF.
 */
export function compareUtf8(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const unitA = a.charCodeAt(i)
    const unitB = b.charCodeAt(i)
    if (unitA !== unitB) return surrogatesLast(unitA) - surrogatesLast(unitB)
  }
  return a.length - b.length
}

const surrogatesLast = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

function deepMerge(sorted: readonly Update[]): Merged | undefined {
  const objects = sorted.map((update) => update.value!).filter(isJsonObject)
  return objects.length === 0 ? undefined : { value: mergeObjects(objects) }
}

/** As if the objects were laid over each other, the least first: a leaf hides whatever lies under it. */
function mergeObjects(greatestFirst: readonly JsonObject[]): JsonObject {
  if (greatestFirst.length === 1) return greatestFirst[0]!
  const merged: JsonObject = {}
  for (const object of greatestFirst)
    for (const key of Object.keys(object))
      if (!Object.hasOwn(merged, key)) setOwn(merged, key, mergeMember(greatestFirst, key))
  return merged
}

function mergeMember(greatestFirst: readonly JsonObject[], key: string): JsonValue {
  const objects: JsonObject[] = []
  for (const object of greatestFirst) {
    if (!Object.hasOwn(object, key)) continue
    const member = object[key]!
    if (isJsonObject(member)) objects.push(member)
    else if (objects.length === 0) return member
    else break
  }
  return mergeObjects(objects)
}

/** An assignment to `__proto__` would change the prototype instead of adding a member. */
export function setOwn(object: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}
