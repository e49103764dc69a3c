import { ConfigSyncError } from '#core/errors'
import { deepFrozen, type JsonValue, jsonDefect } from '#core/json'
import { PRIORITY_MAX, PRIORITY_MIN, REASON_BYTES_MAX, VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from '#core/limits'
import { nameDefect, sectionDefect, utf8Bytes } from '#core/names'
import type { WriteChange } from '#core/writer'
import type { Declarations } from './declarations.ts'
import type { ConfigChangeRequest } from './types.ts'

/**
 * Turns what a caller asked for into changes that the core may take: names, values, priorities and reasons within their
 * limits, values as the schema makes them, rule and priority as declared. Nothing is changed when one of them is wrong.
 *
 * @throws ConfigSyncError NAME_INVALID, VALUE_INVALID, VALUE_TOO_LARGE, PARAMETER_UNDECLARED, PRIORITY_INVALID,
 *   REASON_TOO_LONG, GROUP_INVALID
 */
export function checkedChanges(requests: readonly ConfigChangeRequest[], declarations: Declarations): WriteChange[] {
  if (requests.length === 0) throw new ConfigSyncError('GROUP_INVALID', 'no change is named')
  const names = new Set<string>()
  return requests.map((request) => {
    const change = checkedChange(request, declarations)
    const name = `${request.section}.${request.parameter}`
    if (names.has(name)) throw new ConfigSyncError('GROUP_INVALID', `${name} is named twice`)
    names.add(name)
    return change
  })
}

function checkedChange(request: ConfigChangeRequest, declarations: Declarations): WriteChange {
  const { section, parameter, value, reason } = request
  checkName(section, parameter)
  const declaration = declarations.lookup(section, parameter)
  const priority = request.priority ?? declaration?.priority ?? 0
  if (!Number.isInteger(priority) || priority < PRIORITY_MIN || priority > PRIORITY_MAX)
    throw new ConfigSyncError('PRIORITY_INVALID', `${section}.${parameter}: ${priority}`)
  if (reason !== undefined) checkReason(reason)
  return {
    section,
    parameter,
    value: value === undefined ? undefined : checkedValue(section, parameter, value, declarations),
    priority,
    rule: declaration?.merge ?? 'latest',
    reason,
    epoch: 0,
  }
}

export function checkName(section: unknown, parameter: unknown): void {
  const defect =
    typeof section !== 'string' || typeof parameter !== 'string'
      ? 'section and parameter are texts'
      : (sectionDefect(section) ?? nameDefect(parameter))
  if (defect !== undefined) throw new ConfigSyncError('NAME_INVALID', defect)
}

function checkReason(reason: unknown): void {
  if (typeof reason !== 'string' || !reason.isWellFormed())
    throw new ConfigSyncError('REASON_TOO_LONG', 'a reason is a text of valid Unicode')
  if (utf8Bytes(reason) > REASON_BYTES_MAX)
    throw new ConfigSyncError('REASON_TOO_LONG', `the reason has ${utf8Bytes(reason)} bytes`)
}

function checkedValue(section: string, parameter: string, value: JsonValue, declarations: Declarations): JsonValue {
  const defect = jsonDefect(value, VALUE_DEPTH_MAX)
  if (defect !== undefined) throw new ConfigSyncError('VALUE_INVALID', `${section}.${parameter}: ${defect}`)
  const checked = ownCopy(declarations.checkWrite(section, parameter, value))
  // Most values are short texts and numbers: those need no serialising to be known as small.
  if (typeof checked === 'number' || typeof checked === 'boolean' || checked === null) return checked
  if (typeof checked === 'string' && checked.length < 1024 && checked.isWellFormed()) return checked
  return checkedText(section, parameter, checked)
}

function checkedText(section: string, parameter: string, value: JsonValue): JsonValue {
  const text = JSON.stringify(value)
  if (/\\ud[89a-f]/i.test(text) && !wellFormed(value))
    throw new ConfigSyncError('VALUE_INVALID', `${section}.${parameter}: a text is not valid Unicode`)
  const bytes = utf8Bytes(text)
  if (bytes > VALUE_BYTES_MAX) throw new ConfigSyncError('VALUE_TOO_LARGE', `${section}.${parameter}: ${bytes} bytes`)
  return value
}

function wellFormed(value: JsonValue): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && wellFormed(member))
}

/** The caller may go on changing what it gave. */
const ownCopy = (value: JsonValue): JsonValue =>
  typeof value === 'object' && value !== null ? deepFrozen(structuredClone(value)) : value
