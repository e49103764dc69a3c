import { valueBytes } from '#codec/value'
import { ConfigSyncError } from '#core/errors'
import { deepFrozen, type JsonValue, jsonDefect } from '#core/json'
import {
  GROUP_BYTES_MAX,
  GROUP_ENVELOPE_BYTES,
  PRIORITY_MAX,
  PRIORITY_MIN,
  REASON_BYTES_MAX,
  VALUE_BYTES_MAX,
  VALUE_DEPTH_MAX,
} from '#core/limits'
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
 * @param epoch 0, or the reign in which the tuner writes
 */
export function checkedChanges(
  requests: readonly ConfigChangeRequest[],
  declarations: Declarations,
  epoch = 0,
): WriteChange[] {
  if (requests.length === 0) throw new ConfigSyncError('GROUP_INVALID', 'no change is named')
  const names = new Set<string>()
  return requests.map((request) => {
    const change = checkedChange(request, declarations, epoch)
    const name = `${request.section}.${request.parameter}`
    if (names.has(name)) throw new ConfigSyncError('GROUP_INVALID', `${name} is named twice`)
    names.add(name)
    return change
  })
}

function checkedChange(request: ConfigChangeRequest, declarations: Declarations, epoch: number): WriteChange {
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
    epoch,
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
  const name = `${section}.${parameter}`
  checkJson(name, value)
  const checked = declarations.checkWrite(section, parameter, value)
  // A schema may make something else of it, which is what will be stored.
  if (checked !== value) checkJson(name, checked)
  return ownCopy(checked)
}

function checkJson(name: string, value: JsonValue): void {
  const defect = jsonDefect(value, VALUE_DEPTH_MAX)
  if (defect !== undefined) throw new ConfigSyncError('VALUE_INVALID', `${name}: ${defect}`)
  if (isSmall(value)) return
  const bytes = sizeOf(name, value)
  if (bytes > VALUE_BYTES_MAX) throw new ConfigSyncError('VALUE_TOO_LARGE', `${name}: ${bytes} bytes`)
}

/** Most values are numbers and short texts: those need no serialising to be known as small. */
const isSmall = (value: JsonValue): boolean =>
  typeof value === 'string' ? value.length < 1024 && value.isWellFormed() : typeof value !== 'object' || value === null

function sizeOf(name: string, value: JsonValue): number {
  try {
    return valueBytes(value)
  } catch (cause) {
    if (!(cause instanceof ConfigSyncError)) throw cause
    throw new ConfigSyncError(cause.code, `${name}: ${cause.detail}`, { cause })
  }
}

/**
 * One message must hold a whole group, beside what else travels with it.
 * @throws ConfigSyncError GROUP_TOO_LARGE
 */
export function checkGroupSize(changes: readonly WriteChange[]): void {
  if (changes.length === 1) return
  let bytes = 0
  for (const { section, parameter, value, reason, trace } of changes) {
    bytes +=
      GROUP_ENVELOPE_BYTES + (trace?.length ?? 0) + utf8Bytes(section) + utf8Bytes(parameter) + utf8Bytes(reason ?? '')
    if (value !== undefined) bytes += isSmall(value) ? 3 * String(value).length : valueBytes(value)
  }
  if (bytes > GROUP_BYTES_MAX)
    throw new ConfigSyncError('GROUP_TOO_LARGE', `${changes.length} changes have about ${bytes} bytes`)
}

/** The caller may go on changing what it gave. */
const ownCopy = (value: JsonValue): JsonValue =>
  typeof value === 'object' && value !== null ? deepFrozen(structuredClone(value)) : value
