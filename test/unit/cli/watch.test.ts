import { describe, expect, it } from 'vitest'
import { Losses } from '#cli/commands/watch'

describe('a watch that has lost its agent', () => {
  it('says once why, however often it tries, and when the agent is back', () => {
    const said: string[] = []
    const losses = new Losses({ notice: (text) => void said.push(text) })
    losses.over()
    for (const reason of ['closed', 'refused', 'refused', 'refused']) losses.tell(reason)
    losses.over()
    losses.over()
    losses.tell('refused')
    expect(said).toEqual([
      'lost the agent (closed); reconnecting',
      'lost the agent (refused); reconnecting',
      'the agent is back',
      'lost the agent (refused); reconnecting',
    ])
  })
})
