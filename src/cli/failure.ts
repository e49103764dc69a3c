import { ConfigSyncError, ERROR_CODES, type ErrorCode } from '#core/errors'

/** 0 is success. */
export const EXIT_FAILED = 1
export const EXIT_USAGE = 2

/** What a failed command tells its user. `code` may be one of a newer agent, which this command line does not know. */
export interface FailureView {
  readonly code: string
  readonly detail: string
  readonly hint: string | undefined
}

/** A failure that an agent reported, or that a command met, ready to be shown. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly view: FailureView
  readonly exitCode: number

  constructor(view: FailureView, exitCode: number = EXIT_FAILED, options?: { readonly cause?: unknown }) {
    super(`${view.code}: ${view.detail}`, options)
    this.view = view
    this.exitCode = exitCode
  }
}

/** A failure with a code of the table; `hint` replaces the table's when something better is known. */
export function failure(code: ErrorCode, detail: string, hint: string = ERROR_CODES[code].hint): CommandFailure {
  return new CommandFailure({ code, detail, hint })
}

/** The command line itself is wrong: exit code 2, and nothing was asked of any agent. */
export function usageFailure(detail: string, hint: string = ERROR_CODES.USAGE_INVALID.hint): CommandFailure {
  return new CommandFailure({ code: 'USAGE_INVALID', detail, hint }, EXIT_USAGE)
}

/** These are always about what the command line, the environment or a file of the user's said. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'USAGE_INVALID',
  'SETTING_INVALID',
  'NODE_ID_INVALID',
  'SCENARIO_INVALID',
  'SCHEDULE_INVALID',
])

/** Whatever was thrown, as a failure. What nobody expected is a bug and says so. */
export function toFailure(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error
  if (error instanceof ConfigSyncError) {
    const { code, detail, hint } = error
    return new CommandFailure({ code, detail, hint }, USAGE_CODES.has(code) ? EXIT_USAGE : EXIT_FAILED, {
      cause: error,
    })
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new CommandFailure({ code: 'INTERNAL', detail, hint: ERROR_CODES.INTERNAL.hint }, EXIT_FAILED, {
    cause: error,
  })
}

export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error))
