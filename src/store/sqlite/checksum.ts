import { crc32 } from 'node:zlib'

/** Over what one row holds; texts and numbers are separated by a character that none of them has. */
export const checksumOf = (fields: readonly (string | number | null)[]): number => crc32(fields.join('\n'))

export const checksumOfBytes = (bytes: Uint8Array): number => crc32(bytes)
