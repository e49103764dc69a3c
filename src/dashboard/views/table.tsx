import type { ComponentChildren } from 'preact'
import { Scroll } from './scroll.tsx'

export interface Column {
  readonly title: string
  /** set to the right, as its cells are */
  readonly number?: boolean
  /** said only to those who do not see the column */
  readonly hidden?: boolean
}

interface TableProps {
  readonly label: string
  readonly columns: readonly Column[]
  /** the rows, each with a cell for each column */
  readonly children: ComponentChildren
}

/** A table with a title for each column, which scrolls where it is wider than its place. */
export const Table = ({ label, columns, children }: TableProps) => (
  <Scroll label={label}>
    <table>
      <thead>
        <tr>
          {columns.map(({ title, number, hidden }) => (
            <th key={title} scope="col" class={number ? 'number' : undefined}>
              {hidden ? <span class="hidden">{title}</span> : title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </Scroll>
)
