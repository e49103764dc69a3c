import { TUNER_STATE_SECTION } from '#node/declarations'
import type { ConfigTree } from './answers.ts'

/**
 * What people configure: everything but the tuner's memory, which is replicated beside it. That is only shown to whoever names
 * its section, and never brought back from a file: what was on trial then is over.
 */
export function withoutTunerMemory(tree: ConfigTree): ConfigTree {
  const { [TUNER_STATE_SECTION]: _, ...rest } = tree
  return rest
}

export const hasTunerMemory = (tree: ConfigTree): boolean => Object.hasOwn(tree, TUNER_STATE_SECTION)
