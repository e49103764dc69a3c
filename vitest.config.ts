import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

/** As Node resolves: `module` is a condition of bundlers, behind which packages keep what Node cannot load. */
const conditions = ['source', ...defaultServerConditions.filter((condition) => condition !== 'module')]
const source = { ssr: { resolve: { conditions } } }

/** What a longer fuzzing run asks for, on top of a test's own time. */
const FUZZ_MS = 1_000 * Number(process.env['CONFIGSYNC_FUZZ_SECONDS'] ?? 0)
/** What more kills ask for: each is a few seconds on a busy machine. */
const KILLS_MS = 5_000 * Number(process.env['CONFIGSYNC_KILLS'] ?? 0)

/**
 * unit: pure and in-process. contract: real sockets in one process. e2e: real processes, one file at a time. fuzz:
 * hostile input. faults: real processes that are killed, frozen and cut off.
 */
export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['src/**/*.test.ts', 'test/{unit,properties,spec}/**/*.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        ...source,
        test: {
          name: 'contract',
          sequence: { groupOrder: 1 },
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        ...source,
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...source,
        test: {
          name: 'fuzz',
          sequence: { groupOrder: 3 },
          include: ['test/fuzz/**/*.test.ts'],
          testTimeout: 120_000 + FUZZ_MS,
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          name: 'faults',
          sequence: { groupOrder: 4 },
          include: ['test/faults/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000 + KILLS_MS,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
