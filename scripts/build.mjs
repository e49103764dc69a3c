// Compiles src/ beside dist/ and swaps it in, so that a deleted source leaves no file behind and a running process
// never meets a half-written folder.
import { spawnSync } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tsc = join(dirname(fileURLToPath(import.meta.resolve('typescript/package.json'))), 'bin', 'tsc')
const fresh = join(root, `.tmp/dist-${process.pid}`)
const old = `${fresh}-old`
const dist = join(root, 'dist')

const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh], {
  cwd: root,
  stdio: 'inherit',
})
if (status === 0) {
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(fresh, dist)
}
rmSync(fresh, { recursive: true, force: true })
rmSync(old, { recursive: true, force: true })
process.exit(status ?? 1)
