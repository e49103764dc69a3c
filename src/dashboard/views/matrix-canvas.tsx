import { useEffect, useRef, useState } from 'preact/hooks'
import { lagStep, type Matrix } from '../model/matrix.ts'

const CELL_MOST = 14
const CELL_LEAST = 4

/** A large matrix as a picture; arrow keys or the pointer choose the cell that is told below it. */
export function MatrixCanvas({ matrix }: { readonly matrix: Matrix }) {
  const { nodes, columns } = matrix
  const canvas = useRef<HTMLCanvasElement>(null)
  const [chosen, setChosen] = useState({ row: 0, column: 0 })
  const cell = Math.max(CELL_LEAST, Math.min(CELL_MOST, Math.floor(1_100 / columns.length)))
  useEffect(() => draw(canvas.current!, matrix, cell))
  const row = Math.min(chosen.row, nodes.length - 1)
  const column = Math.min(chosen.column, columns.length - 1)
  const choose = (nextRow: number, nextColumn: number) =>
    setChosen({ row: within(nextRow, nodes.length), column: within(nextColumn, columns.length) })
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    choose(row + step[0], column + step[1])
  }
  const lag = matrix.lag(row, column)
  return (
    <>
      <div class="scroll">
        <canvas
          ref={canvas}
          class="matrix"
          role="img"
          tabIndex={0}
          aria-label={`${nodes.length} nodes by ${columns.length} origins; arrow keys choose a cell`}
          width={columns.length * cell}
          height={nodes.length * cell}
          onKeyDown={move}
          onPointerMove={({ offsetX, offsetY }) => choose(Math.floor(offsetY / cell), Math.floor(offsetX / cell))}
        />
      </div>
      <p aria-live="polite">
        {nodes[row]!.nodeId} of {columns[column]!.label}:{' '}
        {lag === undefined
          ? 'has told nothing'
          : `has ${matrix.seen(row, column)} of ${columns[column]!.top}, lacks ${lag}`}
      </p>
    </>
  )
}

const STEPS: Readonly<Record<string, readonly [row: number, column: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

const within = (index: number, count: number): number => Math.max(0, Math.min(count - 1, index))

function draw(canvas: HTMLCanvasElement, { nodes, columns, lag }: Matrix, cell: number): void {
  const context = canvas.getContext('2d')!
  const styles = getComputedStyle(canvas)
  const colours = [0, 1, 2, 3, 4].map((step) => styles.getPropertyValue(`--lag-${step}`).trim())
  // All cells of one colour in one go: changing the colour costs more than a cell.
  const paths = colours.map(() => new Path2D())
  for (let row = 0; row < nodes.length; row++)
    for (let column = 0; column < columns.length; column++)
      paths[lagStep(lag(row, column))]!.rect(column * cell, row * cell, cell - 1, cell - 1)
  context.clearRect(0, 0, canvas.width, canvas.height)
  for (const [step, path] of paths.entries()) {
    context.fillStyle = colours[step]!
    context.fill(path)
  }
}
