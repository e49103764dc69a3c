import type { ParameterJson } from '../agent/answers.ts'

export type Value = ParameterJson['value']

/** What somebody typed: JSON where it is JSON, else a string. */
export function valueIn(text: string): Value {
  try {
    return JSON.parse(text) as Value
  } catch {
    return text
  }
}

/** What has to be typed for this value: a string stands without quotes unless it would be read as something else. */
export function textOf(value: Value): string {
  if (typeof value === 'string' && valueIn(value) === value && value.trim() === value && value !== '') return value
  return JSON.stringify(value)
}

/** What kind of value a text is taken for, so that nobody publishes "15" and means 15. */
export function kindOf(text: string): string {
  const value = valueIn(text)
  if (value === null) return 'null'
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
