// Everything that must hold before a commit, in order, stopping at the first failure. CI runs this and nothing else.
// The tests include the tidy rules and the snippets of the documentation.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const summary = join(root, '.tmp', `tests-${process.pid}.json`)
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${summary}`]

/** Each through npm, which puts the Node that the package brings first on the path. */
const STEPS = [
  { name: 'format', command: ['npm', 'exec', '--no', '--', 'biome', 'format', '.'] },
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint'] },
  { name: 'types', command: ['npm', 'run', '--silent', 'types'] },
  { name: 'specification', command: ['npm', 'run', '--silent', 'spec'] },
  { name: 'tests, tidy rules, documentation', command: ['npm', 'test', '--silent', '--', ...reporters] },
]

const seconds = (fromMs) => `${((performance.now() - fromMs) / 1000).toFixed(1)} s`

/** @returns whether it succeeded */
function run({ name, command: [program, ...args] }) {
  console.log(`verify: ${name}`)
  const startedMs = performance.now()
  const { status, signal, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status === 0) console.log(`verify: ${name}: done in ${seconds(startedMs)}`)
  else
    console.log(
      `verify: ${name}: failed after ${seconds(startedMs)} (${error?.message ?? signal ?? `exit code ${status}`})`,
    )
  return status === 0
}

/** One plain line for whoever reads the end of the log only. */
function testCounts() {
  if (!existsSync(summary)) return 'no tests were run'
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(summary, 'utf8'))
  const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''
  return `${numPassedTests} passed, ${numFailedTests} failed${skipped}`
}

mkdirSync(dirname(summary), { recursive: true })
const startedMs = performance.now()
const ok = STEPS.every(run)
console.log(`verify: ${ok ? 'everything holds' : 'something does not hold'}, ${seconds(startedMs)}`)
console.log(testCounts())
rmSync(summary, { force: true })
process.exit(ok ? 0 : 1)
