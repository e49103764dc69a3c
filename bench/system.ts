/** What a node of a system under measurement is given. */
export interface OpenOptions {
  readonly index: number
  /** nodes of the cluster, this one included */
  readonly nodes: number
  readonly credentials: Credentials
  /** true: the others hold something already, which this node must ask for if nothing else makes it */
  readonly late?: boolean
  /** To be called whenever this node itself first holds a value, its own writes included. */
  readonly onValue: (parameter: string, value: string) => void
}

/** PEM texts: this node's certificate and key, and the authority that signed all of them. */
export interface Credentials {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

/** One node of a system under measurement, in a process of its own. */
export interface BenchNode {
  /** where the others can dial it */
  readonly address: string
  /** Resolves when this node is connected to all the others. `addresses` are by index, its own included. */
  join(addresses: readonly string[]): Promise<void>
  /** One write, one call. A promise means that the system says when the write is done. */
  set(parameter: string, value: string): Promise<unknown> | undefined
  close(): Promise<void>
}

export type OpenNode = (options: OpenOptions) => Promise<BenchNode>
