type Listener = () => void

type Soon = (draw: () => void) => void

const { requestAnimationFrame: frame } = globalThis as { readonly requestAnimationFrame?: Soon }
/** In a page whatever changes within one frame is drawn once; elsewhere (a test) once a turn. */
const soon: Soon = frame ? (draw) => frame(draw) : queueMicrotask

const touched = new Set<Observable>()

/** Something that views are drawn from. However often it is touched, those who look are told once a frame. */
export class Observable {
  readonly #listeners = new Set<Listener>()
  #version = 0

  /** Rises with each touch. */
  get version(): number {
    return this.#version
  }

  /** Returns what takes the listener off again. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  protected touch(): void {
    this.#version++
    touched.add(this)
    if (touched.size === 1) soon(tellAll)
  }

  static tell(observable: Observable): void {
    for (const listener of [...observable.#listeners]) listener()
  }
}

function tellAll(): void {
  const now = [...touched]
  touched.clear()
  for (const observable of now) Observable.tell(observable)
}
