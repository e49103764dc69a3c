/** Carries requests from its parent to an agent in this process's network namespace, and the answers back. */
export interface Errand {
  readonly id: number
  readonly url: string
  readonly method: string
  readonly token: string
  readonly body: unknown
}

export interface Answer {
  readonly id: number
  readonly status: number
  readonly text: string
}

process.on('message', async ({ id, url, method, token, body }: Errand) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const request = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
  const answer: Answer = await fetch(url, { ...request, signal: AbortSignal.timeout(10_000) })
    .then(async (response) => ({ id, status: response.status, text: await response.text() }))
    .catch((error: unknown) => ({ id, status: 0, text: String(error) }))
  process.send!(answer)
})
