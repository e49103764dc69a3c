import { connect } from 'node:net'

/** One answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  readonly contentType: string
  /** '' of an answer to HEAD, and of an event stream, which is not read to its end */
  readonly body: string
}

const STREAM = 'text/event-stream'
const DEADLINE_MS = 6_000

/**
 * Sends bytes on a connection of their own, ends this side, and gives back all that was answered until the other side
 * closed; a connection that has become an event stream is closed by this side.
 */
export function answersTo(url: string, bytes: Uint8Array): Promise<RawAnswer[]> {
  const { hostname, port } = new URL(url)
  return new Promise<string>((resolve, reject) => {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
    const timer = setTimeout(() => socket.destroy(new Error(`open for over ${DEADLINE_MS} ms`)), DEADLINE_MS)
    let received = ''
    let late: Error | undefined
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      received += chunk
      if (/\r\ncontent-type: text\/event-stream/i.test(received)) socket.destroy()
    })
    // A server that refuses early may reset what it has not read; what it said before counts.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') late = error
    })
    socket.on('close', () => {
      clearTimeout(timer)
      if (late) reject(late)
      else resolve(received)
    })
    socket.end(bytes)
  }).then(parse)
}

/** @throws for anything that is not a row of whole answers */
function parse(text: string): RawAnswer[] {
  const answers: RawAnswer[] = []
  for (let at = 0; at < text.length; ) {
    const headEnd = text.indexOf('\r\n\r\n', at)
    const head = headEnd < 0 ? '' : text.slice(at, headEnd)
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]
    if (status === undefined) throw new Error(`no answer: ${JSON.stringify(text.slice(at, at + 200))}`)
    at = headEnd + 4
    if (status === '100') continue
    const contentType = /\r\ncontent-type: ([^\r]*)/i.exec(head)?.[1] ?? ''
    if (/\r\ntransfer-encoding: chunked/i.test(head) && !contentType.startsWith(STREAM))
      throw new Error(`an answer of unknown length: ${head}`)
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
    const withoutBody = at === text.length || text.startsWith('HTTP/1.1 ', at)
    const body = withoutBody || contentType.startsWith(STREAM) ? '' : text.slice(at, at + length)
    if (!withoutBody && !contentType.startsWith(STREAM) && body.length < length)
      throw new Error(`an answer was cut off: ${head}`)
    answers.push({ status: Number(status), contentType, body: Buffer.from(body, 'latin1').toString('utf8') })
    at = contentType.startsWith(STREAM) ? text.length : at + body.length
  }
  return answers
}
