import { writeFile } from 'node:fs/promises'
import { errorText, failure } from './failure.ts'

/** @throws FILE_UNREADABLE when it cannot be written */
export async function saveText(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (error) {
    throw failure('FILE_UNREADABLE', `${path} cannot be written: ${errorText(error)}`)
  }
}
