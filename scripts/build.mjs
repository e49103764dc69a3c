// Compiles src/ and bundles the dashboard beside dist/ and swaps it in, so that a deleted source leaves no file behind and a running process
// never meets a half-written folder.
import { spawnSync } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

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
  await buildDashboard()
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(fresh, dist)
}
rmSync(fresh, { recursive: true, force: true })
rmSync(old, { recursive: true, force: true })
process.exit(status ?? 1)

/** The page that agents serve, and nothing that a browser would have to ask anybody else for. */
async function buildDashboard() {
  await build({
    root: join(root, 'src/dashboard'),
    base: './',
    configFile: false,
    logLevel: 'warn',
    resolve: { conditions: ['source', 'module', 'browser', 'import', 'default'] },
    build: {
      outDir: join(fresh, 'dashboard'),
      emptyOutDir: true,
      target: 'es2022',
      // An inlined file would be a data: address, which the content security policy refuses.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  })
}
