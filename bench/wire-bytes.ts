import { channel } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

const sockets = new Set<Socket>()

// Node announces every TCP socket of the process here, before TLS or anything else is wrapped around it.
for (const name of ['net.client.socket', 'net.server.socket'])
  channel(name).subscribe((message) => sockets.add((message as { readonly socket: Socket }).socket))

export interface WireBytes {
  readonly received: number
  readonly sent: number
}

/** What all TCP sockets of this process have carried since this file was loaded, TLS included. */
export function wireBytes(): WireBytes {
  let received = 0
  let sent = 0
  for (const socket of sockets) {
    received += socket.bytesRead
    sent += socket.bytesWritten
  }
  return { received, sent }
}
