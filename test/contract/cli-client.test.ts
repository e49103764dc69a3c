import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { AgentClient, parameterPath } from '#cli/agent-client'
import { type FeedEvent, followChanges } from '#cli/change-feed'
import type { CommandFailure } from '#cli/failure'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

async function serve(listener: RequestListener): Promise<AgentClient> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return new AgentClient({ address: `127.0.0.1:${port}`, token: 'secret', answerMsMax: 300 })
}

const failureOf = (call: Promise<unknown>): Promise<CommandFailure> =>
  call.then(
    () => expect.fail('no failure'),
    (error) => error,
  )

describe('the client of an agent', () => {
  it('sends JSON and the token, and encodes names', async () => {
    const client = await serve(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const { method, url, headers } = request
      response.end(
        JSON.stringify({ method, url, body, type: headers['content-type'], authorization: headers.authorization }),
      )
    })
    expect(await client.put(parameterPath('a b', 'c/d?#é'), { value: 1, priority: undefined })).toEqual({
      method: 'PUT',
      url: '/v1/config/a%20b/c%2Fd%3F%23%C3%A9',
      body: '{"value":1}',
      type: 'application/json',
      authorization: 'Bearer secret',
    })
  })

  it("tells an agent's problem with its own code and hint, also one that it does not know", async () => {
    const client = await serve((_, response) => {
      response.writeHead(422).end(JSON.stringify({ code: 'CODE_OF_TOMORROW', detail: 'why', hint: 'what to do' }))
    })
    expect((await failureOf(client.get('/'))).view).toEqual({
      code: 'CODE_OF_TOMORROW',
      detail: 'why',
      hint: 'what to do',
    })
  })

  it.each([
    [
      'is no agent',
      (): RequestListener => (_, response) => void response.writeHead(404).end('<html>'),
      /no ConfigSync agent: HTTP status 404/,
    ],
    ['answers no JSON', (): RequestListener => (_, response) => void response.end('<html>'), /its answer is not JSON/],
    ['never answers', (): RequestListener => () => {}, /no answer in time/],
    ['hangs up', (): RequestListener => (request) => void request.socket.destroy(), /./],
  ])('tells that what is there %s', async (_, listener, detail) => {
    const { view } = await failureOf((await serve(listener())).get('/v1/status'))
    expect(view.code).toBe('AGENT_UNREACHABLE')
    expect(view.detail).toMatch(detail)
  })

  it('tells that nothing is there', async () => {
    const client = await serve(() => {})
    await new Promise((resolve) => servers.pop()!.close(resolve))
    expect((await failureOf(client.get('/'))).view.detail).toMatch(/ECONNREFUSED/)
  })
})

describe('following changes', () => {
  it('goes on after a lost connection from the last id, be it that of a comment', async () => {
    const resumed: (string | undefined)[] = []
    const client = await serve((request, response) => {
      const connection = resumed.push(request.headers['last-event-id'] as string | undefined)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const id = `run:${connection}0`
      response.write(
        `event: change\nid: ${id}\ndata: {"revision":${connection}0,"changes":[]}\n\n: alive\nid: ${id}1\n\n`,
      )
      response.end('event: change\nid: half')
    })
    const ending = new AbortController()
    const lost: string[] = []
    const events: FeedEvent[] = []
    for await (const event of followChanges(client, { signal: ending.signal, onLost: (reason) => lost.push(reason) })) {
      if (events.push(event) === 3) ending.abort()
    }
    expect(events.map(({ id }) => id)).toEqual(['run:10', 'run:20', 'run:30'])
    expect(resumed.slice(0, 3)).toEqual([undefined, 'run:101', 'run:201'])
    expect(lost).toHaveLength(2)
  })

  it('selects in the query', async () => {
    let asked: string | undefined
    const client = await serve((request, response) => {
      asked = request.url
      response.end('event: ready\nid: r:0\ndata: {"revision":0}\n\n')
    })
    const ending = new AbortController()
    for await (const _ of followChanges(client, { section: 'a&b', parameter: 'c', signal: ending.signal }))
      ending.abort()
    expect(asked).toBe('/v1/watch?section=a%26b&parameter=c')
  })

  it('fails when the first connection does, and when an agent refuses a later one', async () => {
    const { signal } = new AbortController()
    let calls = 0
    const client = await serve((_, response) => {
      if (++calls === 1) response.end('event: ready\nid: r:0\ndata: {"revision":0}\n\n')
      else response.writeHead(401).end(JSON.stringify({ code: 'TOKEN_REQUIRED', detail: 'no' }))
    })
    const feed = followChanges(client, { signal })
    expect((await feed.next()).value).toMatchObject({ event: 'ready' })
    await expect(feed.next()).rejects.toThrow(/TOKEN_REQUIRED/)
    await expect(
      followChanges(new AgentClient({ address: client.baseUrl.replace(/\d+$/, '9') }), { signal }).next(),
    ).rejects.toThrow(/AGENT_UNREACHABLE/)
  })
})
