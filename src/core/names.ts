import { NAME_BYTES_MAX } from './limits.ts'

/** C0, delete and C1: what a terminal or a log would act upon. */
const CONTROL = /\p{Cc}/u

/** UTF-8 bytes of a well-formed text. */
export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    // Each half of a surrogate pair accounts for two of its four bytes.
    bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2
  }
  return bytes
}

/** Why a text is no name (of a section, parameter, custom rule or cluster), or undefined when it is one. */
export function nameDefect(name: string): string | undefined {
  if (name.length === 0) return 'a name is empty'
  if (name.length > NAME_BYTES_MAX || utf8Bytes(name) > NAME_BYTES_MAX) return `a name is over ${NAME_BYTES_MAX} bytes`
  if (CONTROL.test(name)) return 'a name has a control character'
  return name.isWellFormed() ? undefined : 'a name is not valid Unicode'
}

/** Why a text is no name of a section: the dot separates section and parameter. */
export const sectionDefect = (section: string): string | undefined =>
  nameDefect(section) ?? (section.includes('.') ? 'a section has a dot' : undefined)
