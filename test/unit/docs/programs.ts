import { type Block, where } from './markdown.ts'

/** The ts blocks of a page that belong together: one, and those that continue it. */
export interface Program {
  readonly name: string
  readonly blocks: readonly Block[]
}

export function programsOf(blocks: readonly Block[]): Program[] {
  const programs: Block[][] = []
  for (const block of blocks.filter(({ language }) => language === 'ts')) {
    if (!block.marks.includes('continues')) programs.push([block])
    else if (programs.at(-1)?.[0]?.file === block.file) programs.at(-1)?.push(block)
    else throw new Error(`${where(block)} continues nothing`)
  }
  return programs.map((blocks) => ({ name: where(blocks[0] as Block), blocks }))
}

const canRun = (block: Block): boolean => !block.marks.includes('no-run')

/** Blocks that are executed: all that can end, none when the first cannot. */
export const runnableBlocks = ({ blocks }: Program): Block[] =>
  blocks.slice(0, 1).every(canRun) ? blocks.filter(canRun) : []

/** What the blocks should print together, undefined where no block says. */
export function expectedOutput(blocks: readonly Block[]): string | undefined {
  const outputs = blocks.flatMap(({ output }) => (output === undefined ? [] : [output.text]))
  return outputs.length === 0 ? undefined : outputs.join('')
}

/** One module whose lines have the numbers that they have in the page, so that a message points at the page. */
export function moduleText(blocks: readonly Block[]): string {
  let text = ''
  for (const block of blocks) text += '\n'.repeat(Math.max(0, block.line - text.split('\n').length)) + block.text
  return `${text}export {}\n`
}

/** `docs/api.md:12` → `docs.api.md.12.ts` */
export const moduleName = (program: Program): string => `${program.name.replaceAll(/[/:]/g, '.')}.ts`
