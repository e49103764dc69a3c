import { afterEach, describe, expect, it } from 'vitest'
import { TunedMesh } from './tuned-mesh.ts'

let tuned: TunedMesh
afterEach(() => tuned.mesh.stop())

/** What the coordinator measured in its last window. */
const measured = () => tuned.statusOf(0).goals[0]!.measured!

async function untilJudged(): Promise<void> {
  let judged = false
  const off = tuned.tuners[0]!.on('window', () => {
    judged ||= !/skipped|too few/.test(tuned.statusOf(0).note)
  })
  await tuned.until('a window is judged', 40_000, () => judged)
  off()
}

describe('after the tuner was off', () => {
  it('by its setting, the first window has what was measured since, at the rate that it came', async () => {
    tuned = await TunedMesh.of(3, 1)
    await tuned.windows(1)
    await tuned.mesh.nodes[1]!.publishUpdate('auto_tuner', 'enabled', false)
    await tuned.windows(6)
    expect(tuned.statusOf(0).note).toBe('window skipped: the tuner is off')
    await tuned.mesh.nodes[1]!.publishUpdate('auto_tuner', 'enabled', true)
    await untilJudged()
    expect(measured().samples).toBeLessThanOrEqual(660)
    expect(measured().perSecond).toBeGreaterThan(54)
    expect(measured().perSecond).toBeLessThan(66)
  })

  it('the mode is told at once when it is switched off or on, to the program and by heartbeats', async () => {
    tuned = await TunedMesh.of(2, 1)
    const modes: string[] = []
    tuned.tuners[0]!.on('mode', ({ mode }) => modes.push(mode))
    await tuned.mesh.nodes[0]!.publishUpdate('auto_tuner', 'enabled', false)
    expect(modes).toEqual(['off'])
    expect(tuned.mesh.nodes[0]!.status().tunerMode).toBe('off')
    await tuned.mesh.nodes[0]!.publishUpdate('auto_tuner', 'enabled', true)
    expect(modes).toEqual(['off', 'active'])
  })

  it('by its program, what was observed meanwhile is in no window', async () => {
    tuned = await TunedMesh.of(1, 1)
    await tuned.windows(1)
    const [tuner] = tuned.tuners
    tuner!.stop()
    await tuned.windows(6)
    tuner!.start()
    await untilJudged()
    expect(measured().samples).toBeLessThanOrEqual(240)
    expect(measured().perSecond).toBeGreaterThan(18)
    expect(measured().perSecond).toBeLessThan(22)
  })
})
