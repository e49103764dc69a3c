import type { JsonValue } from '#core/json'
import { usageFailure } from './failure.ts'

/** What a command was pointed at: everything, a section, or one parameter. */
export interface NameSelection {
  readonly section?: string
  readonly parameter?: string
}

export interface ParameterName {
  readonly section: string
  readonly parameter: string
}

/** `section.parameter`, split at the first dot; without a dot a section; nothing selects everything. */
export function parseSelection(text: string | undefined): NameSelection {
  if (text === undefined) return {}
  const dot = text.indexOf('.')
  return dot === -1 && text !== '' ? { section: text } : parseParameterName(text)
}

/** @throws a usage failure (exit code 2) for anything but `section.parameter` */
export function parseParameterName(text: string): ParameterName {
  const dot = text.indexOf('.')
  if (dot <= 0 || dot === text.length - 1) {
    throw usageFailure(
      `"${text}" is no section.parameter`,
      'Name a parameter as section.parameter, for example mesh.batch_size_limit.',
    )
  }
  return { section: text.slice(0, dot), parameter: text.slice(dot + 1) }
}

export const nameText = ({ section, parameter }: ParameterName): string => `${section}.${parameter}`

/** A value from the command line: JSON when it is JSON, else the text itself (so that `set log.level debug` does what it says). */
export function parseValue(text: string, alwaysString: boolean): JsonValue {
  if (alwaysString) return text
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return text
  }
}
