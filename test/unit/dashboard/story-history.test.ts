import { describe, expect, it } from 'vitest'
import { StoryHistory } from '#dashboard/model/story-history'

const turns = async (count = 10) => {
  for (let i = 0; i < count; i++) await Promise.resolve()
}

describe('the history of an open story', () => {
  it('is asked for once at a time, and once more for all that came meanwhile', async () => {
    const answers: ((total: number) => void)[] = []
    const story = new StoryHistory(
      () => new Promise((resolve) => answers.push((total) => resolve({ total, history: [] }))),
      async () => undefined,
    )
    for (let i = 0; i < 50; i++) void story.refresh()
    expect(answers).toHaveLength(1)
    answers[0]!(1)
    await turns()
    expect(story.answer?.total).toBe(1)
    expect(answers).toHaveLength(2)
    answers[1]!(2)
    await turns()
    expect(story.answer?.total).toBe(2)
    expect(answers).toHaveLength(2)
    void story.refresh()
    expect(answers).toHaveLength(3)
  })

  it('keeps what it had when a question fails, says why, and goes on', async () => {
    const outcomes = [async () => ({ total: 1, history: [] }), () => Promise.reject(new Error('gone'))]
    const story = new StoryHistory(
      () => outcomes.shift()!(),
      async () => undefined,
    )
    await story.refresh()
    await story.refresh()
    expect([story.answer?.total, story.fault]).toEqual([1, 'gone'])
    outcomes.push(async () => ({ total: 3, history: [] }))
    await story.refresh()
    expect([story.answer?.total, story.fault]).toEqual([3, undefined])
  })
})
