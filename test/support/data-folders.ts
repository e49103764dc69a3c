import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Data folders of one test, in a folder of its own that goes with it. */
export class DataFolders {
  readonly root = mkdtempSync(join(tmpdir(), 'configsync-store-'))
  private copies = 0

  path(name = 'data'): string {
    return join(this.root, name)
  }

  /** What a process that is killed now leaves in its folder; a lock ends with its process. */
  copy(path: string): string {
    const copy = this.path(`copy-${++this.copies}`)
    cpSync(path, copy, { recursive: true, filter: (file) => !file.includes('lock.db') })
    return copy
  }

  /** Somebody else writes into the database until the returned function is called: every commit fails meanwhile. */
  hold(path: string): () => void {
    const intruder = new DatabaseSync(join(path, 'state.db'))
    intruder.exec('BEGIN IMMEDIATE')
    return () => intruder.close()
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
