/** More edits than this is another name, not a slip of the keyboard. */
const EDITS_MAX = 3

/** The known name with the fewest edits (Levenshtein) to what was given, or undefined when none is near. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  let best: { name: string; edits: number } | undefined
  for (const name of known) {
    const edits = editsBetween(given, name)
    if (edits <= EDITS_MAX && edits < name.length && (!best || edits < best.edits)) best = { name, edits }
  }
  return best?.name
}

function editsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > EDITS_MAX) return EDITS_MAX + 1
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    previous = row
  }
  return previous[b.length]!
}
