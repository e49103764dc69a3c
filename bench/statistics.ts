/** The q-quantile by nearest rank; NaN of nothing. @param sorted ascending */
export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.max(0, Math.min(sorted.length, Math.ceil(q * sorted.length)) - 1)] ?? Number.NaN

export const ascending = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b)

/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values)
  const upper = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[upper]! : (sorted[upper - 1]! + sorted[upper]!) / 2
}
