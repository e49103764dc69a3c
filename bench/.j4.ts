import { decodeUpdate, encodeUpdate } from '#codec/update'
import { WritingReplica } from './replica-core.ts'
const N = +process.argv[2]! || 1000, OPS = +process.argv[3]! || 100000
const flat = (t: string) => Buffer.from(t).toString('latin1')
const names = Array.from({length:N},(_, i)=>flat(`parameter_${i}`))
const text = () => flat(Array.from({ length: 8 }, () => Math.random().toString(36).slice(2, 10).padEnd(8, '0')).join(''))
const w = new WritingReplica('writer'), r = new WritingReplica('reader')
for (const n of names) r.merge(decodeUpdate(encodeUpdate(w.write(n, text()))))
const values = Array.from({length:OPS}, text)
for (let round=0;round<3;round++){
globalThis.gc?.()
const ups: Uint8Array[] = []
let t=performance.now()
for (let i=0;i<OPS;i++) ups.push(encodeUpdate(w.write(names[(i*7919)%N]!, values[i]!)))
const a=OPS/(performance.now()-t)*1000
t=performance.now()
for (let i=0;i<OPS;i++) r.merge(decodeUpdate(ups[i]!))
const b=OPS/(performance.now()-t)*1000
console.log(N, 'set', a|0, 'merge', b|0, ups[0]!.length)
}
