import { spawnSync } from 'node:child_process'

const INSTALL_MS_MAX = 120_000

/** One machine of the network: a network namespace with one address. */
export interface Host {
  readonly namespace: string
  readonly address: string
  /** the switch that it is plugged into, and its port there */
  readonly switchName: string
  readonly port: string
}

/**
 * Two switches with a cable between them and hosts on each, made of Linux network namespaces: everything is within
 * them, nothing of this machine's own network is touched, and it goes with `remove`. Needs root.
 */
export class NamespaceNetwork {
  readonly hosts: readonly Host[]
  readonly #prefix = `cs${process.pid}`
  readonly #made: string[] = []

  /** @param sides names of the hosts on each switch */
  constructor(sides: readonly (readonly string[])[]) {
    // An address range of its own for each run; the namespaces keep it to themselves anyway.
    const subnet = `10.111.${process.pid % 256}`
    let last = 0
    this.hosts = sides.flatMap((names, side) =>
      names.map((name) => ({
        namespace: `${this.#prefix}-${name}`,
        address: `${subnet}.${++last}`,
        switchName: this.#switch(side),
        port: name,
      })),
    )
  }

  /** Why there can be no namespaces here; undefined when there can. Installs iproute2 where that is possible. */
  obstacle(): string | undefined {
    if (process.getuid?.() !== 0) return 'network namespaces need root'
    if (failureOf('ip', ['-V']) !== undefined) {
      const failed = failureOf('apt-get', ['install', '-y', '-q', 'iproute2'])
      if (failed !== undefined) return `there is no iproute2, and it cannot be installed: ${failed}`
    }
    try {
      this.#add(this.#switch(0))
      this.#ip('-n', this.#switch(0), 'link', 'add', 'br0', 'type', 'bridge')
      return undefined
    } catch (error) {
      this.remove()
      return error instanceof Error ? error.message : String(error)
    }
  }

  /** After `obstacle` has found none. */
  build(): void {
    this.#add(this.#switch(1))
    this.#ip('-n', this.#switch(1), 'link', 'add', 'br0', 'type', 'bridge')
    for (const side of [0, 1]) this.#ip('-n', this.#switch(side), 'link', 'set', 'br0', 'up')
    this.#cable(this.#switch(0), 'trunk', this.#switch(1), 'trunk')
    for (const side of [0, 1]) this.#plugIn(this.#switch(side), 'trunk')
    for (const { namespace, address, switchName, port } of this.hosts) {
      this.#add(namespace)
      this.#cable(namespace, 'eth0', switchName, port)
      this.#plugIn(switchName, port)
      this.#ip('-n', namespace, 'link', 'set', 'lo', 'up')
      this.#ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
      this.#ip('-n', namespace, 'link', 'set', 'eth0', 'up')
    }
  }

  /** The cable between the switches. */
  trunk(state: 'up' | 'down'): void {
    this.#ip('-n', this.#switch(0), 'link', 'set', 'trunk', state)
  }

  /** The cable of one host. */
  cable({ switchName, port }: Host, state: 'up' | 'down'): void {
    this.#ip('-n', switchName, 'link', 'set', port, state)
  }

  /** What `from` sends to `to` is dropped, or no longer; the other way stays as it is. */
  oneWay(from: Host, to: Host, state: 'dropped' | 'open'): void {
    const verb = state === 'dropped' ? 'add' : 'del'
    this.#ip('-n', from.namespace, 'route', verb, 'blackhole', `${to.address}/32`)
  }

  /** A namespace goes with the interfaces in it. */
  remove(): void {
    for (const name of this.#made.splice(0)) failureOf('ip', ['netns', 'del', name])
  }

  readonly #switch = (side: number): string => `${this.#prefix}-switch-${side}`

  #add(name: string): void {
    if (this.#made.includes(name)) return
    this.#ip('netns', 'add', name)
    this.#made.push(name)
  }

  #cable(fromNamespace: string, from: string, toNamespace: string, to: string): void {
    this.#ip('-n', fromNamespace, 'link', 'add', from, 'type', 'veth', 'peer', 'name', to, 'netns', toNamespace)
  }

  #plugIn(switchName: string, port: string): void {
    this.#ip('-n', switchName, 'link', 'set', port, 'master', 'br0', 'up')
  }

  #ip(...args: string[]): void {
    const failed = failureOf('ip', args)
    if (failed !== undefined) throw new Error(`ip ${args.join(' ')}: ${failed}`)
  }
}

/** What went wrong with a command; undefined when it succeeded. */
function failureOf(command: string, args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: INSTALL_MS_MAX })
  return status === 0 ? undefined : (error?.message ?? (stderr.trim() || `exit code ${status}`))
}
