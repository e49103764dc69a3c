import { randomBytes } from 'node:crypto'
import { open, rename } from 'node:fs/promises'

/** Aside, flushed, then renamed: a reader sees the old file or the whole new one. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const file = await open(aside, 'wx', mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
}
