import { readFileSync, writeFileSync } from 'node:fs'

/** Puts what was measured between the two comments of this name in a page of docs/. */
export function writeBetween(page: URL, name: string, lines: readonly string[]): void {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const text = readFileSync(page, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${page.pathname} has no ${begin} … ${end}`)
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n${lines.join('\n')}\n${text.slice(to)}`)
}
