/** The newest of something, whose bound somebody else knows: how many, or how many estimated bytes. */
export class RecentList<T> {
  /** oldest first */
  private readonly items: { readonly item: T; readonly bytes: number }[] = []
  /** of all that is in it */
  bytes = 0

  get size(): number {
    return this.items.length
  }

  add(item: T, bytes: number): void {
    this.items.push({ item, bytes })
    this.bytes += bytes
  }

  /** @returns its bytes, 0 when there was none */
  dropOldest(): number {
    const bytes = this.items.shift()?.bytes ?? 0
    this.bytes -= bytes
    return bytes
  }

  trim(countMax: number, bytesMax: number): void {
    while (this.size > countMax || this.bytes > bytesMax) this.dropOldest()
  }

  newestFirst(): T[] {
    return this.items.map(({ item }) => item).reverse()
  }
}
