import { emitKeypressEvents } from 'node:readline'

/** What a key means, in either demo; each passes over what it does not do. */
export type KeyAction =
  | 'write'
  | 'conflict'
  | 'kill'
  | 'bring-back'
  | 'load'
  | 'up'
  | 'down'
  | 'quit'
  | { readonly choose: number }

export const KEY_HELP: readonly (readonly [key: string, meaning: string])[] = [
  ['w', 'write'],
  ['c', 'conflict'],
  ['k', 'kill'],
  ['b', 'bring back'],
  ['↑↓ 1-9', 'choose'],
  ['q', 'quit'],
]

const ACTIONS: Readonly<Record<string, KeyAction>> = {
  w: 'write',
  c: 'conflict',
  k: 'kill',
  b: 'bring-back',
  l: 'load',
  q: 'quit',
  up: 'up',
  down: 'down',
  escape: 'quit',
}

interface Keypress {
  readonly name?: string | undefined
  readonly ctrl?: boolean
}

/** The meaning of a key press; undefined when it has none. In raw mode Ctrl-C is a key like any other. */
export function keyAction({ name = '', ctrl = false }: Keypress): KeyAction | undefined {
  if (ctrl) return name === 'c' || name === 'd' ? 'quit' : undefined
  if (/^[1-9]$/.test(name)) return { choose: Number(name) - 1 }
  return Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
}

/** Reads single keys until the returned function is called, which gives the terminal back as it was. */
export function readKeys(input: NodeJS.ReadStream, onAction: (action: KeyAction) => void): () => void {
  const listen = (_: string | undefined, key: Keypress) => {
    const action = keyAction(key)
    if (action) onAction(action)
  }
  emitKeypressEvents(input)
  input.setRawMode(true)
  input.on('keypress', listen)
  input.resume()
  return () => {
    input.off('keypress', listen)
    input.setRawMode(false)
    input.pause()
  }
}
