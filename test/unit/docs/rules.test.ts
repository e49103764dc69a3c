import { describe, expect, it } from 'vitest'
import { agentsNamed, withAgentAddresses, withFreePorts } from './addresses.ts'
import { matchesJson, matchesText } from './expectation.ts'
import { answerFault, readRequest } from './http-exchange.ts'
import { blocksOf } from './markdown.ts'
import { moduleText, programsOf } from './programs.ts'
import { configsyncArguments, npmScript, shellCommands } from './shell-words.ts'
import { snippetFolder, typeErrors } from './type-check.ts'

describe('the rules themselves', () => {
  const page = [
    '# T',
    '```ts no-run',
    'const a = 1',
    '```',
    '',
    '- in a list',
    '  ```sh run',
    '  configsync get',
    '  ```',
    '  ```json output',
    '  { "a": "…" }',
    '  ```',
  ]
  const found = blocksOf('page.md', page.join('\n'))

  it('blocks are found with their lines, marks, and output', () => {
    expect(found.map(({ line, language, marks, text }) => ({ line, language, marks, text }))).toEqual([
      { line: 3, language: 'ts', marks: ['no-run'], text: 'const a = 1\n' },
      { line: 8, language: 'sh', marks: ['run'], text: 'configsync get\n' },
      { line: 11, language: 'json', marks: ['output'], text: '{ "a": "…" }\n' },
    ])
    expect(found.map(({ output }) => output?.line)).toEqual([undefined, 11, undefined])
  })

  it('a program is a block and what continues it, with the lines of the page', () => {
    const text = '```ts\nconst a = 1\n```\nprose\n```ts continues\nconsole.log(a)\n```\n```ts\nlet b\n```\n'
    const [first, second] = programsOf(blocksOf('page.md', text))
    expect([first?.name, second?.name]).toEqual(['page.md:2', 'page.md:9'])
    expect(
      moduleText(first?.blocks ?? [])
        .split('\n')
        .slice(0, 6),
    ).toEqual(['', 'const a = 1', '', '', '', 'console.log(a)'])
    expect(() => programsOf(blocksOf('page.md', '```ts continues\na\n```'))).toThrow('page.md:2 continues nothing')
  })

  it('a type error is reported with the page and its line', () => {
    const wrong = programsOf(blocksOf('page.md', '\n```ts\nconst a: number = 1\nconst b: string = a\n```\n'))
    const apart = snippetFolder()
    expect(typeErrors(wrong, apart.path, {})).toEqual([expect.stringMatching(/^page\.md:4: error TS2322/)])
    apart.remove()
  })

  it('shell commands are split as a shell splits them', () => {
    const script =
      '$ A=1 npx configsync set a.b "x y" \\\n  --reason \'it is\' | jq . # all\nconfigsync get a.b > out.txt && npm run verify\nnpm start -- --once'
    const commands = shellCommands(script)
    expect(commands.map(configsyncArguments)).toEqual([
      ['set', 'a.b', 'x y', '--reason', 'it is'],
      undefined,
      ['get', 'a.b'],
      undefined,
      ['demo', '--once'],
    ])
    expect(commands.map(npmScript)).toEqual([undefined, undefined, undefined, 'verify', 'start'])
  })

  it.each([
    ['a … c\n', 'a b c\n', true],
    ['a\n…\nd', 'a\nb\nc\nd', true],
    ['a\n…\nd', 'a\nd', false],
    ['a.c', 'abc', false],
    ['a', 'a\nb', false],
  ])('%j is %j: %s', (expected, actual, matches) => {
    expect(matchesText(expected, actual)).toBe(matches)
  })

  it.each([
    [{ a: '…' }, { a: { b: 1 } }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, '…': '…' }, { a: 1, b: 2 }, true],
    [[1, '…'], [1, 2, 3], true],
    [[1], [1, 2], false],
    [{ a: 'n-…' }, { a: 'n-1' }, true],
    [{ a: 1 }, {}, false],
    [null, null, true],
  ])('%j is %j: %s', (expected, actual, matches) => {
    expect(matchesJson(expected, actual)).toBe(matches)
  })

  it('documented addresses become those of the test', async () => {
    const text = 'configsync get --http 127.0.0.1:7102 # and http://localhost:7101/'
    expect(agentsNamed(text)).toBe(2)
    expect(withAgentAddresses(text, ['127.0.0.1:50001', '127.0.0.1:50002'])).toBe(
      'configsync get --http 127.0.0.1:50002 # and http://127.0.0.1:50001/',
    )
    const [first, second, third] = (await withFreePorts('127.0.0.1:4101 127.0.0.1:4102 127.0.0.1:4101')).split(' ')
    expect(first).toMatch(/^127\.0\.0\.1:[1-9]\d+$/)
    expect([third === first, second === first, first === '127.0.0.1:4101']).toEqual([true, false, false])
  })

  it('a request is read with its headers and body', () => {
    expect(readRequest('PUT /v1/config/a/b\nContent-Type: application/json\n\n{ "value": 1 }\n')).toEqual({
      method: 'PUT',
      path: '/v1/config/a/b',
      headers: { 'content-type': 'application/json' },
      body: '{ "value": 1 }',
    })
    expect(() => readRequest('FETCH /v1')).toThrow('no request line')
  })

  it.each([
    [undefined, 200, '{}', true],
    [undefined, 404, '{}', false],
    ['{ "a": "…" }', 200, '{"a":5}', true],
    ['{ "a": 1 }', 200, '{"a":5}', false],
    ['HTTP/1.1 404 Not Found\ncontent-type: text/plain…\n\nno …', 404, 'no such', true],
    ['HTTP/1.1 404 Not Found', 200, '', false],
    ['HTTP/1.1 200 OK\nx-missing: yes', 200, '', false],
  ])('%j is the answer %i %s: %s', async (expected, status, text, agrees) => {
    expect((await answerFault(expected, new Response(text, { status }))) === undefined).toBe(agrees)
  })
})
