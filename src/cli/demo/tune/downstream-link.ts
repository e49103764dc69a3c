import type { FromPoolNode } from './pool-messages.ts'

/** The way from one process to the downstream that all share. */
export class DownstreamLink {
  private readonly tell: (message: FromPoolNode) => void
  private readonly open = new Map<number, (ok: boolean) => void>()
  private calls = 0

  constructor(tell: (message: FromPoolNode) => void) {
    this.tell = tell
  }

  /** Resolves when the downstream has served it. @throws Error when the downstream refused it */
  async call(items: number): Promise<void> {
    const id = ++this.calls
    const ok = await new Promise<boolean>((answered) => {
      this.open.set(id, answered)
      this.tell({ type: 'call', id, items })
    })
    if (!ok) throw new Error('the downstream is full')
  }

  called(id: number, ok: boolean): void {
    this.open.get(id)?.(ok)
    this.open.delete(id)
  }
}
