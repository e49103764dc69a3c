import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { HttpAgent } from '../support/http-agent.ts'
import { createNode } from '../support/http-node.ts'

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
/** What issue and documentation promise of the first load. */
const FIRST_LOAD_BYTES_MAX = 120_000

let agent: HttpAgent
const start = async (options: ConstructorParameters<typeof HttpAgent>[1] = {}) => {
  agent = await new HttpAgent(createNode(), options).start()
}
afterEach(() => agent.close())

const get = (path: string, headers: Record<string, string> = HTML) => fetch(agent.url + path, { headers })
/** What the page loads. */
const linked = (html: string): string[] => [...html.matchAll(/(?:src|href)="\.(\/[^"]+)"/g)].map(([, path]) => path!)

describe('the page of an agent', () => {
  it('is what a browser is answered, and JSON what everybody else is', async () => {
    await start()
    const page = await get('/')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('vary')).toBe('accept, accept-encoding')
    expect(await page.text()).toContain('<title>ConfigSync</title>')
    for (const accept of ['application/json', '*/*', ''])
      expect(await (await get('/', { accept })).json()).toMatchObject({ name: 'ConfigSync agent', nodeId: 'node-1' })
  })

  it('runs its own files alone, and asks nobody else', async () => {
    await start()
    const html = await (await get('/')).text()
    const paths = linked(html)
    expect(paths.length).toBeGreaterThanOrEqual(3)
    expect(paths.filter((path) => !path.startsWith('/assets/'))).toEqual([])
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|style="/)
    for (const path of ['/', ...paths]) {
      const { headers, status } = await get(path)
      expect([path, status]).toEqual([path, 200])
      const policy = headers.get('content-security-policy')!.split('; ')
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "connect-src 'self'",
          "frame-ancestors 'none'",
        ]),
      )
      expect(policy.join()).not.toMatch(/unsafe|\*|https?:|data:/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('is asked for again each time, its assets never', async () => {
    await start()
    const page = await get('/')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const etag = page.headers.get('etag')!
    expect((await get('/', { ...HTML, 'if-none-match': etag })).status).toBe(304)
    expect((await get('/', { ...HTML, 'if-none-match': '"other"' })).status).toBe(200)
    for (const path of linked(await page.text())) {
      expect(path).toMatch(/-[\w-]{8}\.\w+$/)
      expect((await get(path)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    }
  })

  it(`loads in less than ${FIRST_LOAD_BYTES_MAX / 1000} kB`, async () => {
    await start()
    const html = await (await get('/')).text()
    let bytes = gzipSync(html).length
    for (const path of linked(html)) {
      const response = await get(path, { 'accept-encoding': 'gzip' })
      expect(response.headers.get('content-encoding')).toBe('gzip')
      bytes += Number(response.headers.get('content-length'))
    }
    expect(bytes).toBeGreaterThan(10_000)
    expect(bytes).toBeLessThan(FIRST_LOAD_BYTES_MAX)
  })

  it('needs no token, and all that it asks for does', async () => {
    await start({ token: 'correct-horse-battery' })
    const page = await get('/')
    expect(page.status).toBe(200)
    const html = await page.text()
    expect(html).not.toContain('node-1')
    for (const path of linked(html)) expect((await get(path)).status).toBe(200)
    for (const path of ['/v1/events', '/v1/status', '/v1/parameters', '/v1/propagation', '/openapi.json'])
      expect([path, (await get(path)).status]).toEqual([path, 401])
    const posted = await fetch(agent.url, { method: 'POST', headers: HTML })
    expect(posted.status).toBe(401)
    expect((await get('/', { accept: 'application/json' })).status).toBe(401)
  })

  it.each(['/assets/nothing.js', '/assets/..%2Findex.html', '/assets/%2e%2e%2f%2e%2e%2fpackage.json', '/assets/'])(
    'has no file %s',
    async (path) => {
      await start()
      const response = await get(path)
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ code: 'ROUTE_UNKNOWN' })
    },
  )
})
