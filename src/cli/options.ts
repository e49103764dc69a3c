import { InvalidArgumentError } from 'commander'

/** Parsers of option values: what they refuse is a usage error. */

export function integerOption(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be an integer.')
  return value
}

export function positiveIntegerOption(text: string): number {
  const value = integerOption(text)
  if (value < 1) throw new InvalidArgumentError('It must be at least 1.')
  return value
}

/** Seconds, fractions allowed, up to a day. */
export function secondsOption(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value > 0 && value <= 86_400))
    throw new InvalidArgumentError('It must be seconds, up to 86400.')
  return value
}
