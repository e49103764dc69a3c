import fc from 'fast-check'

/** `CONFIGSYNC_FUZZ_SECONDS=300 npm test -- --project fuzz` looks for so long in each test, with ever new cases. */
const SECONDS = Number(process.env['CONFIGSYNC_FUZZ_SECONDS'] ?? 0)
/** `CONFIGSYNC_FUZZ_SEED=…` repeats the cases of a run; the path of a failure is in its report. */
const SEED = Number(process.env['CONFIGSYNC_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/**
 * Holds a property against so many cases, or for as long as the environment says, and prints how many and from which
 * seed.
 * @throws with the smallest case found, its seed and its path
 */
export async function explore<Case>(what: string, property: fc.IRawProperty<Case>, cases: number): Promise<void> {
  const limits =
    SECONDS > 0 ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: SECONDS * 1_000 } : { numRuns: cases }
  const details = await fc.check(property, { seed: SEED, ...limits })
  if (details.failed) throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance })
  console.log(`fuzz: ${what}: ${details.numRuns} cases from seed ${SEED}`)
}
