import { distance } from 'fastest-levenshtein'

/** More edits than this is another name, not a slip of the keyboard. */
const EDITS_MAX = 3

/** The known name with the fewest edits (Levenshtein) to what was given, or undefined when none is near. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  let best: { name: string; edits: number } | undefined
  for (const name of known) {
    const edits = distance(given, name)
    if (edits <= EDITS_MAX && edits < name.length && (!best || edits < best.edits)) best = { name, edits }
  }
  return best?.name
}
