/**
 * Numbers in [0, 1) that are the same for the same seed, on every machine: what a replayed run draws from.
 * Algorithm: sfc32 (Chris Doty-Humphrey, PractRand), seeded through its own mixing. Not for secrets.
 */
export function seededRandom(seed: number): () => number {
  let a = 0x9e3779b9
  let b = seed | 0
  let c = Math.floor(seed / 2 ** 32) | 0
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 15; i++) next()
  return next
}
