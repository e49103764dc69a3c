import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parameterPath } from '#cli/agent-client'
import type { WriteAnswer } from '#cli/answers'
import { CommandFailure } from '#cli/failure'
import { eventually } from '../support/eventually.ts'
import { Fleet, type FleetNode } from './fleet.ts'

/** Without the filler there is room for a write-ahead log beside the database. */
const DISK_KIB = 32 * 1024
const FILLER_KIB = 31 * 1024
const VALUE = 'x'.repeat(64 * 1024)
const WRITES_MAX = 200

let fleet: Fleet | undefined
let disk: string
beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), 'configsync-disk-'))
})
afterEach(async () => {
  await fleet?.stop()
  // Fails where nothing was mounted, and the folder goes either way.
  spawnSync('umount', [disk])
  rmSync(disk, { recursive: true, force: true })
})

/** Why no small disk can be had here; undefined when it is mounted. */
function mountSmallDisk(): string | undefined {
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_KIB}k`, 'none', disk])
  return status === 0 ? undefined : (error?.message ?? String(stderr).trim())
}

/** The code with which a write ends; undefined when it is acknowledged. */
async function write(node: FleetNode, n: number): Promise<string | undefined> {
  try {
    await node.client.put<WriteAnswer>(parameterPath('large', `p${n}`), { value: `${n} ${VALUE}` })
    return undefined
  } catch (error) {
    if (error instanceof CommandFailure) return error.view.code
    throw error
  }
}

describe('a disk that is full', () => {
  it('costs the acknowledgement, not the write: the agent lives, the mesh has it, and it is stored once there is room', async () => {
    const obstacle = mountSmallDisk()
    if (obstacle !== undefined) {
      console.log(`faults: full disk: NOT RUN, a small disk cannot be mounted here: ${obstacle}`)
      return
    }
    fleet = new Fleet(['cramped', 'roomy'], (node, { dataOf }) => [
      ...['--data', node.nodeId === 'cramped' ? join(disk, 'data') : dataOf(node), '--preset', 'test'],
    ])
    const [cramped, roomy] = fleet.nodes as [FleetNode, FleetNode]
    writeFileSync(join(disk, 'filler'), Buffer.alloc(FILLER_KIB * 1024))
    await fleet.start()

    let last = 0
    let refusal: string | undefined
    while (refusal === undefined && last < WRITES_MAX) refusal = await write(cramped, ++last)
    expect(refusal, `after ${last} writes of 64 KiB`).toBe('STORE_FAILED')
    expect(await write(cramped, ++last), 'and again: it goes on').toBe('STORE_FAILED')
    expect((await cramped.client.get<{ alive: boolean }>('/healthz')).alive).toBe(true)
    await fleet.equal()
    expect(Object.keys((await roomy.config())['large']!)).toHaveLength(last)
    expect(cramped.logs).toContain('STORE_FULL')

    rmSync(join(disk, 'filler'))
    await eventually(
      'writes are acknowledged again',
      async () => (await write(cramped, last + 1)) === undefined,
      30_000,
    )
    await cramped.kill()
    await roomy.stop()
    await cramped.start()
    const kept = (await cramped.config())['large']!
    expect(Object.keys(kept), 'what could not be stored at first is on the disk').toHaveLength(last + 1)
    console.log(
      `faults: full disk: ${last - 2} writes stored, 2 refused with STORE_FAILED, all ${last + 1} there after a kill`,
    )
  })
})
