import { afterEach, describe, expect, it } from 'vitest'
import { parameterPath } from '#cli/agent-client'
import type { ParameterAnswer, WriteAnswer } from '#cli/answers'
import { eventually } from '../support/eventually.ts'
import { Fleet, type FleetNode } from './fleet.ts'

const YEAR_MS = 365 * 24 * 60 * 60 * 1_000
const OFFSETS: Readonly<Record<string, number>> = { ahead: YEAR_MS, behind: -YEAR_MS, right: 0 }

let fleet: Fleet
afterEach(() => fleet.stop())

const write = (node: FleetNode, value: unknown) =>
  node.client.put<WriteAnswer>(parameterPath('clock', 'value'), { value })
const read = async (node: FleetNode) => (await node.client.get<ParameterAnswer>(parameterPath('clock', 'value'))).value

describe('clocks that are wrong by a year', () => {
  it('decide nothing that causality decides, are reported, and all nodes are equal', async () => {
    const flags = (node: FleetNode, { dataOf }: Fleet) => [
      ...['--data', dataOf(node), '--clock-offset-ms', String(OFFSETS[node.nodeId]), '--preset', 'test'],
    ]
    fleet = new Fleet(['ahead', 'behind', 'right'], flags)
    await fleet.start()
    const [ahead, behind, right] = fleet.nodes as [FleetNode, FleetNode, FleetNode]
    let written = 0
    for (const writer of [ahead, behind, right, ahead, right, behind, ahead]) {
      const { update } = await write(writer, ++written)
      await eventually('every node has it', async () =>
        (await Promise.all(fleet.nodes.map(read))).every((v) => v === written),
      )
      if (writer !== right)
        expect(Math.sign(update.timestamp[0] - Date.now()), `stamped by the clock of ${writer.nodeId}`).toBe(
          writer === ahead ? 1 : -1,
        )
    }
    await fleet.equal()
    for (const node of [behind, right]) {
      const { rejected, divergences } = await node.status()
      expect(rejected.CLOCK_DRIFT, `${node.nodeId} reports the clock that is ahead`).toBeGreaterThan(0)
      expect(divergences).toBe(0)
    }
    expect((await ahead.status()).rejected.CLOCK_DRIFT, 'nobody is ahead of the one that is').toBeUndefined()
  })

  it('are put right with the next start, and what was stamped in the future is replaced as ever', async () => {
    let offset = YEAR_MS
    fleet = new Fleet(['mended', 'other'], (node, { dataOf }) => [
      ...['--data', dataOf(node), '--preset', 'test'],
      ...(node.nodeId === 'mended' ? ['--clock-offset-ms', String(offset)] : []),
    ])
    await fleet.start()
    const [mended, other] = fleet.nodes as [FleetNode, FleetNode]
    await write(mended, 'from the future')
    await fleet.equal()
    await mended.stop()
    offset = 0
    await mended.start()
    await fleet.settled()
    const { update } = await write(mended, 'now')
    expect(Math.abs(update.timestamp[0] - Date.now()), 'the clock is followed again').toBeLessThan(60_000)
    await fleet.equal()
    expect(await read(other)).toBe('now')
  })
})
