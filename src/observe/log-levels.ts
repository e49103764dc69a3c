/** pino's, from everything to nothing. Apart from the logger, so that a command line knows them without loading it. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Whether a line of `level` is wanted by whoever wants `least` and above. */
export const atLeast = (level: LogLevel, least: LogLevel): boolean =>
  LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least)

/** Of a line as the logger writes it: the level is its first field. */
export function levelOfLine(line: string): LogLevel {
  const level = /^\{"level":"(\w+)"/.exec(line)?.[1]
  return LOG_LEVELS.find((one) => one === level) ?? 'info'
}
