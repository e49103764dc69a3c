import assert from 'node:assert/strict'
import type { TurnedAway } from '#core/exclusion'
import type { NodeId } from '#core/identity'
import { FRAME_BYTES_MAX } from '#core/limits'
import type { Mesh } from '#mesh/mesh'
import { eventually, MeshMember } from './mesh-member.ts'

/** What the suite asks of a mesh under test, once for each test. */
export interface MeshWorld {
  /**
   * Makes the mesh of one node, not started. The members of one world can reach each other.
   * @param join addresses of members that are started; empty for the first, and for meshes without addresses
   */
  mesh(node: {
    readonly nodeId: string
    readonly cluster: string
    readonly join: readonly string[]
  }): Mesh | Promise<Mesh>
  /** Called when the test has stopped all its meshes. */
  close?(): void | Promise<void>
}

/** The functions of a test runner: vitest, node:test and others have them. */
export interface TestRunner {
  describe(name: string, suite: () => void): void
  it(name: string, test: () => Promise<void>): void
}

type Scene = (world: Stage) => Promise<void>

/**
 * Holds a mesh to what ConfigSync needs of one.
 * @example meshContract('memory', () => memoryWorld(), { describe, it })
 */
export function meshContract(name: string, makeWorld: () => MeshWorld | Promise<MeshWorld>, runner: TestRunner): void {
  const play = (scene: Scene) => async (): Promise<void> => {
    const stage = new Stage(await makeWorld())
    try {
      await scene(stage)
    } finally {
      await stage.close()
    }
    assert.deepEqual(
      stage.reentrant(),
      [],
      'a handler was called from within a call into the mesh, or from another handler',
    )
  }
  runner.describe(`${name}: what every mesh must do`, () => {
    for (const [title, scene] of Object.entries(SCENES)) runner.it(title, play(scene))
  })
}

const SCENES: Readonly<Record<string, Scene>> = {
  'a broadcast reaches every peer, and not its sender': async (stage) => {
    const [a, b, c] = await stage.connected('a', 'b', 'c')
    a!.broadcast(Buffer.from('hello'))
    await eventually('both have it', () => b!.frames.length === 1 && c!.frames.length === 1)
    assert.deepEqual([a!.frames.length, b!.textsFrom(a!), c!.textsFrom(a!)], [0, ['hello'], ['hello']])
  },

  'a frame that is sent reaches its receiver alone': async (stage) => {
    const [a, b, c] = await stage.connected('a', 'b', 'c')
    assert.equal(a!.send(b!.nodeId, Buffer.from('for b')), true)
    assert.equal(a!.send(c!.nodeId, Buffer.from('for c')), true)
    await eventually('both have theirs', () => b!.frames.length === 1 && c!.frames.length === 1)
    assert.deepEqual([b!.textsFrom(a!), c!.textsFrom(a!)], [['for b'], ['for c']])
  },

  'sending to nobody says so': async (stage) => {
    const [a] = await stage.connected('a', 'b')
    assert.equal(a!.send('stranger' as NodeId, Buffer.from('x')), false)
    assert.equal(a!.send(a!.nodeId, Buffer.from('x')), false)
  },

  'frames of every size arrive whole and unchanged': async (stage) => {
    const [a, b] = await stage.connected('a', 'b')
    const sizes = [
      0,
      1,
      2,
      3,
      4,
      5,
      127,
      128,
      129,
      1_000,
      16_379,
      16_380,
      16_384,
      16_385,
      65_535,
      65_536,
      300_000,
      FRAME_BYTES_MAX,
    ]
    for (const [index, bytes] of sizes.entries()) {
      const frame = pattern(index, bytes)
      a!.broadcast(frame)
      await eventually(`${bytes} bytes`, () => b!.frames.length === index + 1)
      assert.ok(b!.frames[index]!.frame.equals(frame), `${bytes} bytes arrived changed`)
    }
  },

  'a burst in both directions loses and corrupts nothing on a healthy link': async (stage) => {
    const [a, b, c] = await stage.connected('a', 'b', 'c')
    const sent = Array.from({ length: 1_500 }, (_, index) => pattern(index, 4 + ((index * 7_919) % 4_000)))
    for (const frame of sent) {
      a!.broadcast(frame)
      b!.send(a!.nodeId, frame)
    }
    await eventually('all arrived', () => [a!, b!, c!].every((member) => member.frames.length === sent.length), 20_000)
    const expected = sent.map((frame) => frame.toString('hex')).sort()
    for (const member of [a!, b!, c!]) {
      assert.deepEqual(member.frames.map(({ frame }) => frame.toString('hex')).sort(), expected)
    }
  },

  'peers are told of once, and listed, as long as they can be reached': async (stage) => {
    const [a, b] = await stage.connected('a', 'b')
    assert.deepEqual([a!.events, b!.events], [['up b'], ['up a']])
    await b!.stop()
    await eventually('b is gone', () => a!.sees())
    assert.deepEqual(a!.events, ['up b', 'down b'])
    assert.equal(a!.send(b!.nodeId, Buffer.from('x')), false)
    assert.deepEqual([...b!.mesh.peers()], [])
  },

  'a mesh that was stopped can start again': async (stage) => {
    const [a, b] = await stage.connected('a', 'b')
    await a!.stop()
    await eventually('a is gone', () => b!.sees())
    await a!.start()
    b!.mesh.learnAddresses(stage.addresses())
    await eventually('both are back', () => a!.sees(b!) && b!.sees(a!))
    b!.broadcast(Buffer.from('welcome back'))
    a!.broadcast(Buffer.from('thanks'))
    await eventually('frames flow', () => a!.frames.length === 1 && b!.frames.length === 1)
  },

  'a stopped mesh is silent: it sends nothing, tells nothing, and stops twice': async (stage) => {
    const [a, b] = await stage.connected('a', 'b')
    const before = a!.events.length
    const stopping = a!.stop()
    b!.broadcast(Buffer.from('too late'))
    await stopping
    await a!.stop()
    a!.broadcast(Buffer.from('nobody hears this'))
    assert.equal(a!.send(b!.nodeId, Buffer.from('x')), false)
    await eventually('b sees a go', () => b!.sees())
    assert.deepEqual([a!.events.length, a!.frames.length, b!.frames.length], [before, 0, 0])
  },

  'what was sent just before a stop arrives': async (stage) => {
    const [a, b] = await stage.connected('a', 'b')
    const farewells = Array.from({ length: 50 }, (_, index) => `goodbye ${index}`)
    for (const text of farewells) a!.broadcast(Buffer.from(text))
    await a!.stop()
    await eventually('every farewell', () => b!.frames.length === farewells.length)
    assert.deepEqual(b!.textsFrom(a!).sort(), farewells.sort())
  },

  'stopping leaves nothing open': async (stage) => {
    const before = openResources()
    const members = await stage.connected('a', 'b', 'c')
    await Promise.all(members.map((member) => member.stop()))
    await eventually('no socket is left', () => openResources() <= before)
  },

  'a late node that knows one member meets all': async (stage) => {
    const [a, b] = await stage.connected('a', 'b')
    const late = await stage.member('late', { join: [b!.mesh.address] })
    await late.start()
    await eventually('everyone sees everyone', () => late.sees(a!, b!) && a!.sees(b!, late) && b!.sees(a!, late))
  },

  'nodes that start at once and all know each other get one link per pair': async (stage) => {
    const first = await stage.connected('m')
    const rest = await Promise.all(['z', 'a', 'q', 'c'].map((nodeId) => stage.member(nodeId)))
    await Promise.all(rest.map((member) => member.start()))
    for (const member of rest) member.mesh.learnAddresses(stage.addresses())
    const all = [...first, ...rest]
    await eventually('a full mesh', () =>
      all.every((member) => member.sees(...all.filter((other) => other !== member))),
    )
    for (const member of all) member.broadcast(Buffer.from(member.nodeId))
    await eventually('all heard all', () => all.every((member) => member.frames.length === all.length - 1))
    for (const member of all)
      assert.deepEqual(
        member.events.filter((event) => event.startsWith('down')),
        [],
      )
  },

  'nodes that join one member at once meet each other too': async (stage) => {
    const [first] = await stage.connected('first')
    const join = stage.addresses()
    const rest = await Promise.all(['e', 'b', 'd', 'a', 'c'].map((nodeId) => stage.member(nodeId, { join })))
    await Promise.all(rest.map((member) => member.start()))
    const all = [first!, ...rest]
    await eventually('a full mesh', () =>
      all.every((member) => member.sees(...all.filter((other) => other !== member))),
    )
  },

  'a second live run of a nodeId is refused, both sides are told, and it alone is turned away': async (stage) => {
    const [a, b] = await stage.connected('a', 'b')
    const twin = await stage.member('a')
    const failures: unknown[] = []
    await twin.start().catch((error: { code?: unknown }) => failures.push(error.code))
    const refusedByB = () => twin.refusals.filter(({ by, mutual }) => by.startsWith('b') && !mutual)
    if (!failures.includes('NODE_DUPLICATE')) {
      await eventually('the second is told', () => twin.hasTrouble('NODE_DUPLICATE'))
      await eventually('and that it is turned away, again and again', () => refusedByB().length >= 3)
      assert.ok(twin.refusals.every(({ code, by, detail }) => code === 'NODE_DUPLICATE' && by !== '' && detail !== ''))
    }
    await eventually('the others are told', () => a!.hasTrouble('NODE_DUPLICATE') || b!.hasTrouble('NODE_DUPLICATE'))
    twin.broadcast(Buffer.from('from the twin'))
    a!.broadcast(Buffer.from('from the first'))
    await eventually('b hears the first', () => b!.frames.length === 1)
    assert.deepEqual(b!.textsFrom(a!), ['from the first'])
    assert.deepEqual([b!.events, twin.frames.length], [['up a'], 0])
    assert.deepEqual([a!.refusals, b!.refusals], [[], []])
  },

  'a node of another cluster is refused, both sides are told, and it alone is turned away': async (stage) => {
    const [a, b] = await stage.connected('a', 'b')
    const stranger = await stage.member('c', { cluster: 'another' })
    await stranger.start()
    await eventually(
      'both are told',
      () => a!.hasTrouble('CLUSTER_MISMATCH') && stranger.hasTrouble('CLUSTER_MISMATCH'),
    )
    await eventually('the stranger is turned away', () => stranger.refusals.length > 0)
    const [{ code, mutual }] = stranger.refusals as [TurnedAway]
    assert.deepEqual([code, mutual], ['CLUSTER_MISMATCH', true])
    stranger.broadcast(Buffer.from('let me in'))
    a!.broadcast(Buffer.from('secret'))
    await eventually('b hears a', () => b!.frames.length === 1)
    assert.deepEqual([a!.events, stranger.events, a!.frames, stranger.frames], [['up b'], [], [], []])
    assert.deepEqual([a!.refusals, b!.refusals], [[], []])
  },
}

/** The members of one test. */
class Stage {
  readonly #world: MeshWorld
  readonly #members: MeshMember[] = []

  constructor(world: MeshWorld) {
    this.#world = world
  }

  async member(nodeId: string, options: { cluster?: string; join?: readonly string[] } = {}): Promise<MeshMember> {
    const { cluster = 'contract', join = this.addresses() } = options
    const member = new MeshMember(await this.#world.mesh({ nodeId, cluster, join }), nodeId, cluster)
    this.#members.push(member)
    return member
  }

  /** Starts members one after the other, and waits until they all see each other. */
  async connected(...nodeIds: readonly string[]): Promise<MeshMember[]> {
    const members: MeshMember[] = []
    for (const nodeId of nodeIds) {
      const member = await this.member(nodeId)
      await member.start()
      members.push(member)
    }
    const complete = () => members.every((member) => member.sees(...members.filter((other) => other !== member)))
    await eventually(`${nodeIds.join()} see each other`, complete)
    return members
  }

  addresses(): string[] {
    return this.#members.map((member) => member.mesh.address).filter((address) => address !== '')
  }

  reentrant(): string[] {
    return this.#members.flatMap((member) => member.reentrant)
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.stop()))
    await this.#world.close?.()
  }
}

/** Bytes that differ from frame to frame and within a frame. */
function pattern(seed: number, bytes: number): Buffer {
  const frame = Buffer.allocUnsafe(bytes)
  for (let i = 0; i < bytes; i++) frame[i] = (seed * 31 + i * 7 + (i >> 8)) & 0xff
  return frame
}

const openResources = (): number =>
  process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Pipe|UDP/.test(name)).length
