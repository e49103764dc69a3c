import { ScenarioFault } from './fault.ts'

const OPENING = '[{'
const CLOSING = ']}'

/** A line as words: split at white space, but not within a JSON string, array or object. */
export function wordsOf(line: string): string[] {
  const words: string[] = []
  let word = ''
  let depth = 0
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!
    if (!quoted && depth === 0 && /\s/.test(character)) {
      if (word !== '') words.push(word)
      word = ''
      continue
    }
    word += character
    if (quoted && character === '\\') word += line[++i] ?? ''
    else if (character === '"') quoted = !quoted
    else if (!quoted && OPENING.includes(character)) depth++
    else if (!quoted && CLOSING.includes(character)) depth--
  }
  if (quoted || depth !== 0) throw new ScenarioFault('a quote or a bracket is not closed')
  return word === '' ? words : [...words, word]
}
