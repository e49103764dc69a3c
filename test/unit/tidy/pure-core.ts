import { at, type SourceFile } from './sources.ts'
import { dottedName, importsOf, nameOf, parse, type SyntaxNode, walk } from './syntax.ts'

const TIME = 'time is an input: take nowMs from the step input'
const TIMER = 'a deadline is data: keep it in the state and compare it with nowMs at the next tick'
const EFFECT = 'return an effect and let the host perform it'
const LOCALE = 'a locale differs between machines: compare code units'

/** What src/core must not name, and what to use instead. */
const BANNED_NAMES: Readonly<Record<string, string>> = {
  'Date.now': TIME,
  'Math.random': 'randomness is a parameter: take a random source from the caller',
  performance: TIME,
  Temporal: TIME,
  setTimeout: TIMER,
  setInterval: TIMER,
  setImmediate: TIMER,
  queueMicrotask: TIMER,
  console: EFFECT,
  process: EFFECT,
  fetch: EFFECT,
  crypto: 'randomness and keys are parameters: take them from the caller',
  globalThis: 'name what you need as a parameter',
  require: 'import it, and only from src/core',
  eval: 'write the code out',
  Promise: EFFECT,
  Intl: LOCALE,
}

const BANNED_METHODS: Readonly<Record<string, string>> = {
  localeCompare: LOCALE,
  toLocaleString: LOCALE,
  toLocaleLowerCase: LOCALE,
  toLocaleUpperCase: LOCALE,
}

/** Everything in a file of src/core that makes a step depend on more than its input. */
export function impuritiesOf(file: SourceFile): string[] {
  const found = importsOf(file)
    .filter(({ specifier }) => !specifier.startsWith('./') && !specifier.startsWith('#core/'))
    .map(({ specifier, offset }) =>
      at(file, offset, `imports ${specifier}; core imports core alone: move the I/O to the host`),
    )
  walk(parse(file), (node, ancestors) => {
    const advice = impurity(node, ancestors.at(-1))
    if (advice !== undefined) found.push(at(file, node.start, advice))
  })
  return found
}

function impurity(node: SyntaxNode, parent: SyntaxNode | undefined): string | undefined {
  if (node['async'] === true || node.type === 'AwaitExpression') return `is asynchronous; ${EFFECT}`
  if (node.type === 'NewExpression' || node.type === 'CallExpression') return dateConstruction(node)
  if (node.type === 'MemberExpression') return bannedMember(node)
  if (node.type !== 'Identifier' || isMereName(node, parent)) return undefined
  return advise(nameOf(node), BANNED_NAMES)
}

function bannedMember(node: SyntaxNode): string | undefined {
  return advise(dottedName(node), BANNED_NAMES) ?? advise(nameOf(node['property']), BANNED_METHODS)
}

const dateConstruction = (node: SyntaxNode): string | undefined =>
  nameOf(node['callee']) === 'Date' ? `uses Date; ${TIME}` : undefined

const advise = (name: string, table: Readonly<Record<string, string>>): string | undefined =>
  Object.hasOwn(table, name) ? `uses ${name}; ${table[name]}` : undefined

/** `update.process` and `{ process: 1 }` name a field, not the global; `instanceof Promise` only asks. */
function isMereName(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (parent === undefined) return false
  if (parent.type === 'BinaryExpression' && parent['operator'] === 'instanceof') return true
  if (parent.type === 'MemberExpression') return parent['property'] === node && parent['computed'] !== true
  if (parent.type === 'Property' || parent.type === 'MethodDefinition' || parent.type === 'PropertyDefinition') {
    return parent['key'] === node && parent['shorthand'] !== true && parent['computed'] !== true
  }
  return parent.type === 'TSPropertySignature' || parent.type === 'TSMethodSignature'
}
