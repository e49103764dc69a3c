import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { LogSync } from '#store/sqlite/log-sync'
import { DataFolders } from '../../../support/data-folders.ts'

type Done = (error: Error | null) => void
const { calls } = vi.hoisted(() => ({ calls: [] as Done[] }))

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  fdatasync: (_: number, done: Done) => calls.push(done),
}))

let folders: DataFolders
let log: LogSync
beforeEach(() => {
  folders = new DataFolders()
  writeFileSync(folders.path('log'), '')
  log = new LogSync(folders.path('log'))
  calls.length = 0
})
afterEach(() => {
  log.close()
  folders.remove()
})

const settled: string[] = []
function sync(name: string): void {
  log.sync().then(
    () => settled.push(name),
    () => settled.push(`${name} failed`),
  )
}
beforeEach(() => {
  settled.length = 0
})

it('who comes while one runs waits for the next, which is one for all', async () => {
  sync('a')
  sync('b')
  sync('c')
  expect(calls).toHaveLength(1)
  calls[0]!(null)
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  expect(settled).toEqual(['a'])
  sync('d')
  calls[1]!(null)
  await vi.waitFor(() => expect(calls).toHaveLength(3))
  expect(settled).toEqual(['a', 'b', 'c'])
  calls[2]!(null)
  await vi.waitFor(() => expect(settled).toEqual(['a', 'b', 'c', 'd']))
})

it('what waits behind one that fails, fails too; later ones begin anew', async () => {
  sync('a')
  sync('b')
  calls[0]!(new Error('EIO'))
  await vi.waitFor(() => expect(settled).toEqual(['a failed', 'b failed']))
  expect(calls).toHaveLength(1)
  sync('c')
  calls[1]!(null)
  await vi.waitFor(() => expect(settled).toEqual(['a failed', 'b failed', 'c']))
})
