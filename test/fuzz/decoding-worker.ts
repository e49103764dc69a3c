import { parentPort } from 'node:worker_threads'
import { decodeFrame } from '#codec/frame'

parentPort!.on('message', (frame: Uint8Array) => {
  const decoded = decodeFrame(frame)
  parentPort!.postMessage(decoded.outcome === 'decoded' ? decoded.outcome : decoded.code)
})
