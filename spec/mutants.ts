/**
 * For each mutant a seed whose first random run breaks it, and an invariant that it breaks. After a change of the
 * specification the search goes on from there, prints the seed that it found, and takes that much longer.
 */
export const MUTANTS = [
  { name: 'keepOnlyTheWinner', seed: '0x1', breaks: 'seenIsHere' },
  { name: 'mergeSeen', seed: '0x693', breaks: 'supersededIsGone' },
  { name: 'reuseSequence', seed: '0x693', breaks: 'oneDotOneContent' },
  { name: 'forgetCollected', seed: '0x354', breaks: 'seenIsHere' },
  { name: 'writeBesideCollected', seed: '0x1196d', breaks: 'seenIsHere' },
  { name: 'noFullExchange', seed: '0x51a9', breaks: 'supersededIsGone' },
  { name: 'claimAfterPart', seed: '0x1e52', breaks: 'seenIsHere' },
  { name: 'noLateUpdates', seed: '0x3a265', breaks: 'seenIsHere' },
  { name: 'answersOfAnyRun', seed: '0x10c6d', breaks: 'seenIsHere' },
] as const
