import { malformed } from './defect.ts'

/** Above this many entries a search costs more than a map. */
const SEARCH_LENGTH_MAX = 8
/** What a table keeps allocated between scopes. Emptying an array truly would allocate anew for each update. */
const KEPT_LENGTH_MAX = 64

/** The writing side: the texts written out so far within a scope, in the order of their first mention. */
export class ReferenceTable {
  private texts: string[] = []
  private length = 0
  private indexes: Map<string, number> | undefined

  /** The index of a text mentioned before; otherwise takes it in and returns -1. */
  index(text: string): number {
    if (this.length > SEARCH_LENGTH_MAX) return this.indexByMap(text)
    for (let i = this.length - 1; i >= 0; i--) if (this.texts[i] === text) return i
    this.texts[this.length++] = text
    return -1
  }

  clear(): void {
    this.length = 0
    this.indexes = undefined
    if (this.texts.length > KEPT_LENGTH_MAX) this.texts = []
  }

  private indexByMap(text: string): number {
    this.indexes ??= new Map(this.texts.slice(0, this.length).map((known, i) => [known, i]))
    const known = this.indexes.get(text)
    if (known !== undefined) return known
    this.indexes.set(text, this.length++)
    return -1
  }
}

/** The reading side: what an index within the scope refers to. */
export class MentionedTexts<Text extends string> {
  private texts: Text[] = []
  private length = 0

  add(text: Text): void {
    this.texts[this.length++] = text
  }

  at(index: number): Text {
    if (index >= this.length) malformed(`index ${index} refers to nothing mentioned before`)
    return this.texts[index]!
  }

  clear(): void {
    this.length = 0
    if (this.texts.length > KEPT_LENGTH_MAX) this.texts = []
  }
}
