import { broadcastFloor } from './floors/broadcast.ts'
import type { OpenNode } from './system.ts'
import { openConfigSync } from './systems/configsync.ts'
import { openAdapter, openMesh } from './systems/layers.ts'

interface System {
  readonly title: string
  readonly open: OpenNode
}

/** What the bench can compare, in the order of its tables. */
export const SYSTEMS = {
  tcp: { title: 'bare TCP broadcast', open: broadcastFloor({ transport: 'tcp', corked: false }) },
  tls: { title: 'bare mutual-TLS broadcast', open: broadcastFloor({ transport: 'tls', corked: false }) },
  'tls-corked': {
    title: 'the same, writes of a tick corked',
    open: broadcastFloor({ transport: 'tls', corked: true }),
  },
  mesh: { title: 'the TLS mesh alone', open: openMesh },
  adapter: { title: 'TLS mesh, batches, codec, merge', open: openAdapter },
  configsync: { title: 'ConfigSync on the TLS mesh', open: openConfigSync },
} as const satisfies Record<string, System>

export type SystemName = keyof typeof SYSTEMS

/** The layers in between explain a figure; they are no part of the comparison. */
export const COMPARED: readonly SystemName[] = ['tcp', 'tls', 'tls-corked', 'configsync']

export const isSystemName = (text: string): text is SystemName => Object.hasOwn(SYSTEMS, text)
