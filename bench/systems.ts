import { broadcastFloor } from './floors/broadcast.ts'
import type { OpenNode } from './system.ts'
import { openConfigSync } from './systems/configsync.ts'

interface System {
  readonly title: string
  readonly open: OpenNode
}

/** What the bench compares, in the order of its table. */
export const SYSTEMS = {
  tcp: { title: 'bare TCP broadcast', open: broadcastFloor({ transport: 'tcp', corked: false }) },
  tls: { title: 'bare mutual-TLS broadcast', open: broadcastFloor({ transport: 'tls', corked: false }) },
  'tls-corked': {
    title: 'the same, writes of a tick corked',
    open: broadcastFloor({ transport: 'tls', corked: true }),
  },
  configsync: { title: 'ConfigSync on the TLS mesh', open: openConfigSync },
} as const satisfies Record<string, System>

export type SystemName = keyof typeof SYSTEMS

export const isSystemName = (text: string): text is SystemName => Object.hasOwn(SYSTEMS, text)
