import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

interface VirtualListProps<T> {
  readonly items: readonly T[]
  readonly label: string
  readonly rowHeight: number
  readonly keyOf: (item: T, index: number) => string
  readonly render: (item: T) => ComponentChildren
}

/** Rows beyond what is seen, so that scrolling shows no gaps. */
const MARGIN_ROWS = 6

/** A list of rows of one height of which only those in sight exist. Arrow keys move between the rows' links. */
export function VirtualList<T>({ items, label, rowHeight, keyOf, render }: VirtualListProps<T>) {
  const frame = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState({ top: 0, height: 600 })
  useEffect(() => {
    const element = frame.current!
    const look = () => setSeen({ top: element.scrollTop, height: element.clientHeight })
    const resizing = new ResizeObserver(look)
    resizing.observe(element)
    const move = (event: KeyboardEvent) => moveFocus(event, element, rowHeight)
    element.addEventListener('scroll', look, { passive: true })
    element.addEventListener('keydown', move)
    return () => {
      resizing.disconnect()
      element.removeEventListener('scroll', look)
      element.removeEventListener('keydown', move)
    }
  }, [rowHeight])
  const first = Math.max(0, Math.floor(seen.top / rowHeight) - MARGIN_ROWS)
  const last = Math.min(items.length, Math.ceil((seen.top + seen.height) / rowHeight) + MARGIN_ROWS)
  return (
    <div class="virtual" ref={frame}>
      <ul aria-label={label} style={{ height: `${items.length * rowHeight}px` }}>
        {items.slice(first, last).map((item, i) => (
          <li
            key={keyOf(item, first + i)}
            aria-setsize={items.length}
            aria-posinset={first + i + 1}
            style={{ height: `${rowHeight}px`, transform: `translateY(${(first + i) * rowHeight}px)` }}
          >
            {render(item)}
          </li>
        ))}
      </ul>
    </div>
  )
}

function moveFocus(event: KeyboardEvent, frame: HTMLElement, rowHeight: number): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const row = (event.target as HTMLElement).closest('li')
  if (step === 0 || !row) return
  event.preventDefault()
  const position = Number(row.getAttribute('aria-posinset')) + step
  const next = frame.querySelector<HTMLElement>(`li[aria-posinset="${position}"] :is(a, button)`)
  if (!next) return
  const top = (position - 1) * rowHeight
  if (top < frame.scrollTop) frame.scrollTop = top
  if (top + rowHeight > frame.scrollTop + frame.clientHeight) frame.scrollTop = top + rowHeight - frame.clientHeight
  next.focus({ preventScroll: true })
}
