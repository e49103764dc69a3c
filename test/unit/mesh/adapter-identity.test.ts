import { expect, it } from 'vitest'
import type { Message } from '#core/protocol'
import { PROTOCOL_EXAMPLES } from '../codec/protocol-examples.ts'
import { AdapterMesh } from './adapter-fixture.ts'

const heartbeat = PROTOCOL_EXAMPLES['heartbeat']![0] as Extract<Message, { type: 'heartbeat' }>

it('a heartbeat of somebody else is dropped, and it is said who sent it', async () => {
  const mesh = new AdapterMesh()
  const honest = await mesh.node('node-1')
  const liar = await mesh.node('node-9')
  const hearer = await mesh.node('node-5')
  mesh.scheduler.advanceBy(100)
  expect(heartbeat.heartbeat.nodeId).toBe('node-1')
  liar.adapter.broadcast(heartbeat)
  mesh.scheduler.advanceBy(1_000)
  expect(hearer.heard).toEqual([])
  expect(hearer.rejected).toEqual([{ code: 'FRAME_MALFORMED', detail: 'a heartbeat of node-1', from: 'node-9' }])
  honest.adapter.broadcast(heartbeat)
  mesh.scheduler.advanceBy(1_000)
  expect(hearer.heard.map(({ from, message }) => [from, message.type])).toEqual([['node-1', 'heartbeat']])
})
