import { parentPort, workerData } from 'node:worker_threads'
import { decodeFrame } from '#codec/frame'

const decoded = decodeFrame(workerData as Uint8Array)
parentPort!.postMessage(decoded.outcome === 'decoded' ? decoded.outcome : decoded.code)
