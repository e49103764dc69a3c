import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE_BYTES = 8

/** The same picture in fewer bytes: a browser compresses its screenshots for speed. */
export function recompressPng(png: Buffer): Buffer {
  const parts = [png.subarray(0, SIGNATURE_BYTES)]
  const pixels: Buffer[] = []
  for (let at = SIGNATURE_BYTES; at < png.length; ) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    const data = png.subarray(at + 8, at + 8 + length)
    at += 12 + length
    if (type === 'IDAT') pixels.push(data)
    else {
      if (type === 'IEND') parts.push(chunk('IDAT', deflateSync(inflateSync(Buffer.concat(pixels)), { level: 9 })))
      parts.push(chunk(type, data))
    }
  }
  const smaller = Buffer.concat(parts)
  return smaller.length < png.length ? smaller : png
}

/** Length, type, data, and the checksum of type and data (PNG, section 5.3). */
function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(named.length + 8)
  framed.writeUInt32BE(data.length, 0)
  named.copy(framed, 4)
  framed.writeUInt32BE(crc32(named), named.length + 4)
  return framed
}
