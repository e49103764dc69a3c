import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { RunningCli } from '../support/processes.ts'

describe('configsync demo --tune', () => {
  it('ends every process when it is interrupted', async () => {
    const demo = new RunningCli(['demo', '--tune', '--once', '--nodes', '2'])
    await eventually('the load begins', () => demo.stdout().includes('40 clients'), 60_000)
    demo.kill('SIGINT')
    expect(await demo.ended()).toBe(1)
    expect(demo.stderr()).toMatch(/DEMO_FAILED: interrupted by SIGINT/)
  })
})
