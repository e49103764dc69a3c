import { describe, expect, it } from 'vitest'
import { parseScenario, scenarioText } from '#sim/scenario/parser'
import { wordsOf } from '#sim/scenario/words'

const STORY = `# A reason.
start n1
# in between
put n1 a.b 1
----
n1:1

show

# The end.
`

describe('words', () => {
  it('are split at white space, but not within JSON', () => {
    expect(wordsOf('  put n1  a.b {"x": [1, 2], "y": "} \\" z"} priority=3')).toEqual([
      'put',
      'n1',
      'a.b',
      '{"x": [1, 2], "y": "} \\" z"}',
      'priority=3',
    ])
    expect(wordsOf('reason="two words"\tx')).toEqual(['reason="two words"', 'x'])
  })

  it('that are not closed are refused', () => {
    for (const line of ['put "a', 'put [1', 'put {"a": 1']) expect(() => wordsOf(line)).toThrow('not closed')
  })
})

describe('a scenario', () => {
  const scenario = parseScenario(STORY, 'story.txt')
  const blocks = scenario.parts.filter((part) => typeof part !== 'string')

  it('is prose and blocks, each with its lines', () => {
    expect(blocks.map(({ line, steps, expected }) => [line, steps.map((step) => step.line), expected])).toEqual([
      [2, [2, 4], ['n1:1']],
      [8, [8], undefined],
    ])
  })

  it('is written back as it was, with the outputs that it is given', () => {
    expect(scenarioText(scenario, new Map())).toBe(STORY.replace('show\n', 'show\n----\n'))
    expect(scenarioText(scenario, new Map([[blocks[0]!, ['other', 'lines']]]))).toContain('----\nother\nlines\n\nshow')
  })

  it.each([
    ['', 1, 'it has no command'],
    ['# only prose\n', 1, 'it has no command'],
    ['start n1\n\n----\nok\n', 3, '---- without a command above it'],
    ['start n1\nfly n1\n', 2, 'there is no command fly'],
    ['start n/1', 1, 'n/1 is no name of a node (usage: start NODE… [disk=none])'],
    ['start n1 disk=big', 1, 'disk=big: only none can be said'],
    ['start n1 color=red', 1, 'color= is no option here; there is disk'],
    ['crash', 1, 'the name of a node is missing'],
    ['put n1 ab 1', 1, 'ab is no section.parameter'],
    ['put n1 a.b hello', 1, 'hello is no JSON; a text has quotes: "hello"'],
    ['put n1 a.b', 1, 'a value is missing'],
    ['put n1 a.b 1 priority=high', 1, 'priority=high is no priority'],
    ['put n1 a.b 1 reason="a\\x"', 1, '"a\\x" is no JSON string'],
    ['put n1 a.b [1', 1, 'a quote or a bracket is not closed'],
    ['run 5', 1, '5 is no time such as'],
    ['run -5s', 1, '-5s is no time such as'],
    ['loss 20', 1, '20 is no share such as 20%'],
    ['loss 120%', 1, '120% is no share such as 20%'],
    ['delay 9ms 5ms', 1, 'the shorter time comes first'],
    ['declare a.b biggest', 1, 'biggest is no merge rule'],
    ['cut n1', 1, 'it takes two nodes to cut between'],
    ['vv n1', 1, 'n1 is too much'],
  ])('%j is refused in line %i: %s', (text, line, detail) => {
    expect(() => parseScenario(text, 'f.txt')).toThrow(
      expect.objectContaining({
        code: 'SCENARIO_INVALID',
        detail: expect.stringContaining(`f.txt:${line}: ${detail}`),
      }),
    )
  })
})
