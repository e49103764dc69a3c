import { describe, expect, it } from 'vitest'
import { keyAction } from '#cli/demo/keys'

describe('keys of the demo', () => {
  it.each([
    [{ name: 'w' }, 'write'],
    [{ name: 'c' }, 'conflict'],
    [{ name: 'c', ctrl: true }, 'quit'],
    [{ name: 'k' }, 'kill'],
    [{ name: 'b' }, 'bring-back'],
    [{ name: 'l' }, 'load'],
    [{ name: '3' }, { choose: 2 }],
    [{ name: 'q' }, 'quit'],
    [{ name: 'x' }, undefined],
    [{ name: 'constructor' }, undefined],
    [{}, undefined],
  ])('%j means %j', (key, action) => {
    expect(keyAction(key)).toEqual(action)
  })
})
