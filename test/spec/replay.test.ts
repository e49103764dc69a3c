import { beforeAll, describe, expect, it } from 'vitest'
import { MUTANTS } from '../../spec/mutants.ts'
import { pictureOf, pictureOfAnswer, pictureOfSpec, pictureOfSpecAnswer } from './picture.ts'
import { type Passage, ReplayedMesh } from './replayed-mesh.ts'
import type { ReplayedNode } from './replayed-node.ts'
import { type SpecNode, type Trace, traces } from './traces.ts'

const STEPS = 40
/**
 * Always the same, and known to come through everything. Beside these the runs that break the mutants: with all rules they
 * come to where a rule decides.
 */
const FIXED = { count: 50, seed: 1 }
/** Others each time. */
const FRESH = { count: 30, seed: Number(process.env['CONFIGSYNC_SPEC_SEED'] ?? Math.floor(Math.random() * 2 ** 31)) }

const EVERYTHING: readonly Passage[] = [
  'write',
  'group',
  'delete',
  'delivered',
  'repeated',
  'conflict',
  'part',
  'claimed',
  'full exchange',
  'begun again',
  'ignored answer',
  'given up',
  'tombstone dropped',
  'saved',
  'crash',
  'clean restart',
  'healed',
]

function expectEqual(real: ReplayedNode, spec: SpecNode, where: string): void {
  expect(pictureOf(real.core.replica), where).toEqual(pictureOfSpec(spec.replica))
  expect(real.pull !== undefined, `${where}: whether it pulls`).toBe(spec.pull.tag === 'Pulling')
  const answers = spec.pull.tag === 'Pulling' ? [...spec.pull.value.answers] : []
  answers.sort((a, b) => a.number - b.number)
  expect((real.pull?.answers ?? []).map(pictureOfAnswer), `${where}: answers`).toEqual(answers.map(pictureOfSpecAnswer))
}

/** Compares everything after each step. */
async function replay<M extends ReplayedMesh>(mesh: M, trace: Trace, name: string): Promise<M> {
  for (const [index, step] of trace.entries()) {
    await mesh.step(step)
    for (const [n, node] of mesh.nodes.entries())
      expectEqual(node, step.nodes[n]!, `${name}, step ${index}, ${step.action}, node ${n + 1}`)
  }
  return mesh
}

/** @returns how often the traces came through what */
async function replayAll(made: readonly Trace[], name: string): Promise<ReadonlyMap<Passage, number>> {
  const passed = new Map<Passage, number>()
  for (const [index, trace] of made.entries()) {
    const mesh = await replay(new ReplayedMesh(trace[0]!.nodes.length), trace, `${name}, trace ${index}`)
    for (const [passage, count] of mesh.passed) passed.set(passage, (passed.get(passage) ?? 0) + count)
  }
  return passed
}

describe('traces of the specification, replayed with the real core', () => {
  let fixed: Trace[] = []

  beforeAll(async () => {
    fixed = await traces(FIXED.count, STEPS, FIXED.seed)
    for (const { seed } of MUTANTS) fixed.push(...(await traces(1, STEPS, seed)))
  }, 120_000)

  it('have the same siblings, seen, collected and answers after every step, and come through everything', async () => {
    expect(fixed).toHaveLength(FIXED.count + MUTANTS.length)
    const passed = await replayAll(fixed, `fixed`)
    expect(EVERYTHING.filter((passage) => !passed.has(passage))).toEqual([])
  })

  it('have them in fresh traces too', async () => {
    const told = `CONFIGSYNC_SPEC_SEED=${FRESH.seed}`
    console.log(told)
    const fresh = await traces(FRESH.count, STEPS, FRESH.seed)
    expect(fresh).toHaveLength(FRESH.count)
    await replayAll(fresh, told)
  })

  class Deaf extends ReplayedMesh {
    protected override deliver(...args: Parameters<ReplayedMesh['deliver']>): void {
      if (args[1].length === 1) super.deliver(...args)
    }
  }
  class Unshaken extends ReplayedMesh {
    protected override crash(node: ReplayedNode): Promise<void> {
      return node.restart()
    }
  }
  class Keeping extends ReplayedMesh {
    protected override drop(): void {}
  }
  class Wholesale extends ReplayedMesh {
    protected override answer(...[node, question]: Parameters<ReplayedMesh['answer']>): void {
      super.answer(node, question, false)
    }
  }

  it.each([
    ['does not hear groups', Deaf],
    ['stops cleanly where it should crash', Unshaken],
    ['keeps every tombstone', Keeping],
    ['sends whole pulls where parts are due', Wholesale],
  ])('are told apart from a mesh that %s', async (_, Wrong) => {
    const outcomes = await Promise.allSettled(
      fixed.map((trace) => replay(new Wrong(trace[0]!.nodes.length), trace, '')),
    )
    const unequal = outcomes.filter((outcome) => outcome.status === 'rejected' && isUnequal(outcome.reason))
    expect(unequal.length).toBeGreaterThan(0)
  })
})

/** Not by accident, such as a step that such a mesh cannot do. */
const isUnequal = (reason: unknown): boolean => reason instanceof Error && reason.name === 'AssertionError'
