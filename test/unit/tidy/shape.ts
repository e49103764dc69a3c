import { at, type SourceFile } from './sources.ts'
import { dottedName, importsOf, isFunction, isNode, nameOf, parse, type SyntaxNode, walk } from './syntax.ts'

export const FILE_LINES_MAX = 400
export const FUNCTION_LINES_MAX = 70

/** Functions that stay longer on purpose: `path name`, and why. */
export const LONG_FUNCTIONS: Readonly<Record<string, string>> = {}

const VAGUE_NAME = /(^|[-.])(utils?|helpers?|misc|common)([-.]|$)/
const UNFINISHED = /\b(TODO|FIXME|XXX|HACK)\b/g
const PARTIAL_RUN = /^(describe|it|test|suite|bench)(\.\w+)*\.(skip|skipIf|runIf|only|todo|fails)$/

export const lineCount = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0)

/** `utils.ts` says nothing of what is in it. */
export const isVagueName = (path: string): boolean => VAGUE_NAME.test(path.slice(path.lastIndexOf('/') + 1))

export const unfinishedMarks = (file: SourceFile): string[] =>
  [...file.text.matchAll(UNFINISHED)].map((match) => at(file, match.index, `${match[0]}: finish it or open an issue`))

export function longFunctions(file: SourceFile): string[] {
  const found: string[] = []
  walk(parse(file), (node, ancestors) => {
    if (!isFunction(node)) return
    const lines = lineCount(file.text.slice(node.start, node.end))
    const name =
      nameOf(node['id']) || nameOf(ancestors.at(-1)?.['key']) || nameOf(ancestors.at(-1)?.['id']) || 'a function'
    if (lines <= FUNCTION_LINES_MAX || Object.hasOwn(LONG_FUNCTIONS, `${file.path} ${name}`)) return
    found.push(at(file, node.start, `${name} has ${lines} lines; at most ${FUNCTION_LINES_MAX}`))
  })
  return found
}

/** Tests that are left out, or that leave the others out. */
export function partialTests(file: SourceFile): string[] {
  const found: string[] = []
  walk(parse(file), (node) => {
    const name = dottedName(node)
    if (node.type === 'MemberExpression' && PARTIAL_RUN.test(name)) {
      found.push(at(file, node.start, `${name}: run all tests or delete this one`))
    }
  })
  return found
}

const SLEEP_ADVICE = 'wait for a condition with a deadline (vi.waitFor, expect.poll), not for a time'

/** Waits for nothing but time to pass. A pause inside a loop that looks for a condition is a poll, and allowed. */
export function sleeps(file: SourceFile): string[] {
  const timers = importsOf(file).some(({ specifier }) => /^(node:)?timers\/promises$/.test(specifier))
  const found: string[] = []
  walk(parse(file), (node, ancestors) => {
    const isPause = isPromisedTimer(node) || (timers && isTimerCall(node, ancestors)) || isBlockingWait(node)
    if (isPause && !isWithinLoop(ancestors)) found.push(at(file, node.start, `a sleep; ${SLEEP_ADVICE}`))
  })
  return found
}

/** `new Promise((resolve) => setTimeout(resolve, 50))`, however the timer calls resolve. */
function isPromisedTimer(node: SyntaxNode): boolean {
  if (node.type !== 'NewExpression' || nameOf(node['callee']) !== 'Promise') return false
  const executor = argumentsOf(node)[0]
  if (executor === undefined || !isFunction(executor)) return false
  const resolve = nameOf((executor['params'] as unknown[])[0])
  return resolve !== '' && callsOf(executor, 'setTimeout').some((call) => timerOnlyResolves(call, resolve))
}

function timerOnlyResolves(call: SyntaxNode, resolve: string): boolean {
  const callback = argumentsOf(call)[0]
  if (callback === undefined) return false
  if (nameOf(callback) === resolve) return true
  const body = isFunction(callback) ? callback['body'] : undefined
  return isNode(body) && body.type === 'CallExpression' && nameOf(body['callee']) === resolve
}

/** With `node:timers/promises` imported, an awaited setTimeout is a pause. */
const isTimerCall = (node: SyntaxNode, ancestors: readonly SyntaxNode[]): boolean =>
  node.type === 'CallExpression' &&
  ['setTimeout', 'sleep', 'delay'].includes(nameOf(node['callee'])) &&
  ancestors.at(-1)?.type === 'AwaitExpression'

const isBlockingWait = (node: SyntaxNode): boolean =>
  node.type === 'CallExpression' && dottedName(node['callee']) === 'Atomics.wait'

const isWithinLoop = (ancestors: readonly SyntaxNode[]): boolean =>
  ancestors.some((node) => /^(While|DoWhile|For)Statement$/.test(node.type))

const argumentsOf = (call: SyntaxNode): SyntaxNode[] =>
  ((call['arguments'] as unknown[] | undefined) ?? []).filter(isNode)

function callsOf(node: SyntaxNode, name: string): SyntaxNode[] {
  const found: SyntaxNode[] = []
  walk(node, (inner) => {
    if (inner.type === 'CallExpression' && nameOf(inner['callee']) === name) found.push(inner)
  })
  return found
}
