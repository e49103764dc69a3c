import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { errorText, failure } from './failure.ts'

/**
 * The text of a file, or of stdin for `-`. Stdin is read as a stream, because a pipe that is still empty cannot be read
 * synchronously (EAGAIN).
 * @throws FILE_UNREADABLE
 */
export async function readInput(path: string): Promise<string> {
  try {
    return path === '-' ? await text(process.stdin) : await readFile(path, 'utf8')
  } catch (error) {
    throw failure('FILE_UNREADABLE', `${path}: ${errorText(error)}`)
  }
}
