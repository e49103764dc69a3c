/** How often each origin (or node) was written, as far as its owner has seen it. A missing entry counts as 0. */
export type CountsByWriter = Readonly<Record<string, number>>

export type VectorOrder = 'greater' | 'less' | 'equal' | 'concurrent'

/**
 * The partial order of version vectors (Parker et al., "Detection of Mutual Inconsistency in Distributed Systems",
 * 1983). `greater`: `a` has seen all that `b` has, and more; `concurrent`: each has seen something that the other has not.
 */
export function compareVersionVectors(a: CountsByWriter, b: CountsByWriter): VectorOrder {
  const ahead = exceedsSomewhere(a, b)
  const behind = exceedsSomewhere(b, a)
  if (ahead) return behind ? 'concurrent' : 'greater'
  return behind ? 'less' : 'equal'
}

/** Own entries only, because a writer may be called `constructor`. */
const count = (vector: CountsByWriter, writer: string): number => (Object.hasOwn(vector, writer) ? vector[writer]! : 0)

const exceedsSomewhere = (a: CountsByWriter, b: CountsByWriter): boolean =>
  Object.keys(a).some((writer) => count(a, writer) > count(b, writer))
