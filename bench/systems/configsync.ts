import type { OpenNode } from '../system.ts'
export const openConfigSync: OpenNode = async () => {
  throw new Error('not yet')
}
