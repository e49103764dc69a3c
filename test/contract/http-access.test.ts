import { request } from 'node:http'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { HttpAgent } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'

const open: HttpAgent[] = []
const start = async (options: ConstructorParameters<typeof HttpAgent>[1] = {}) => {
  const agent = new HttpAgent(createNode(), options)
  open.push(agent)
  return agent.start()
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((agent) => agent.close()))
})

/** fetch does not let a caller choose the Host header. */
function statusFor(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end()
  })
}

describe('the Host header, against DNS rebinding', () => {
  it.each(['localhost', 'localhost:80', '127.0.0.1', '127.0.0.1:7101', '[::1]', '[::1]:9', 'LOCALHOST'])(
    'accepts %s',
    async (host) => {
      const { url } = await start()
      expect(await statusFor(`${url}/v1/config`, { host })).toBe(200)
    },
  )

  it.each([
    'evil.example',
    'evil.example:7101',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    '[::2]',
    'a@localhost',
  ])('refuses %j', async (host) => {
    const agent = await start()
    expect(await statusFor(`${agent.url}/v1/config`, { host })).toBe(421)
  })

  it.each(['', 'Host:\r\n', 'Host: \r\n'])('refuses a request without one, with its code: %j', async (line) => {
    const agent = await start()
    const answer = await agent.raw(`GET /v1/config HTTP/1.1\r\n${line}Connection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 421 /)
    expect(answer).toContain('HOST_REFUSED')
  })
})

describe('the token', () => {
  const token = 'correct-horse-battery'
  const call = async (authorization?: string, path = '/v1/config') => {
    const agent = open[0] ?? (await start({ token }))
    return agent.call('GET', path, authorization === undefined ? {} : { headers: { authorization } })
  }

  it.each([`Bearer ${token}`, `bearer ${token}`])('lets %j in', async (authorization) => {
    expect((await call(authorization)).status).toBe(200)
  })

  it.each([undefined, '', 'Bearer', 'Bearer ', `Bearer ${token}x`, 'Bearer x', `Basic ${token}`, token])(
    'refuses %j',
    async (authorization) => {
      const { url } = await start({ token })
      const response = await fetch(
        `${url}/v1/config`,
        authorization === undefined ? {} : { headers: { authorization } },
      )
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect(await response.json()).toMatchObject({ code: 'TOKEN_REQUIRED' })
    },
  )

  it('is not asked of probes, and of everything else', async () => {
    const { url } = await start({ token })
    const status = async (path: string) => (await fetch(url + path)).status
    expect(await status('/healthz')).toBe(200)
    await expect.poll(() => status('/readyz')).toBe(200)
    const closed = ['/', '/v1/config', '/v1/watch', '/v1/status', '/metrics', '/openapi.json', '/nope']
    expect(await Promise.all(closed.map(status))).toEqual(closed.map(() => 401))
  })
})

describe('where it listens', () => {
  it.each(['0.0.0.0', '::', '192.0.2.1'])('%s without a token is refused before anything is opened', (host) => {
    expect(() => new HttpAgent(createNode(), { host })).toThrow(expect.objectContaining({ code: 'TOKEN_REQUIRED' }))
  })

  it('on an address of the network it answers to any host name, for those who have the token', async () => {
    const agent = await start({ host: '0.0.0.0', token: 'correct-horse-battery' })
    const url = agent.url.replace('0.0.0.0', '127.0.0.1')
    expect(
      await statusFor(`${url}/v1/config`, { host: 'node-1.example', authorization: 'Bearer correct-horse-battery' }),
    ).toBe(200)
    expect(await statusFor(`${url}/v1/config`, { host: 'node-1.example' })).toBe(401)
  })

  it('says PORT_TAKEN', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as { port: number }
    const agent = new HttpAgent(createNode(), { port })
    await expect(agent.start()).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      detail: expect.stringContaining(`127.0.0.1:${port}`),
    })
    other.close()
  })

  it('says LISTEN_FAILED with the reason of the system', async () => {
    const agent = new HttpAgent(createNode(), { host: '192.0.2.1', token: 'correct-horse-battery' })
    await expect(agent.start()).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      detail: expect.stringContaining('EADDRNOTAVAIL'),
    })
  })

  it('takes localhost for 127.0.0.1', async () => {
    expect((await start({ host: 'localhost' })).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  })
})
