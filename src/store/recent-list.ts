/** The newest of something, bounded in how many they are and in their estimated bytes. */
export class RecentList<T> {
  /** oldest first */
  private readonly items: { readonly item: T; readonly bytes: number }[] = []
  private bytes = 0

  get size(): number {
    return this.items.length
  }

  add(item: T, bytes: number): void {
    this.items.push({ item, bytes })
    this.bytes += bytes
  }

  trim(countMax: number, bytesMax: number): void {
    while (this.size > countMax || this.bytes > bytesMax) this.bytes -= this.items.shift()!.bytes
  }

  newestFirst(): T[] {
    return this.items.map(({ item }) => item).reverse()
  }
}
