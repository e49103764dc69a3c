import { existsSync, rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { RunningCli, runCli } from '../support/processes.ts'

/** Where the story says that the certificates are. */
const folderIn = (text: string): string => /in (\S+configsync-demo-\w+), removed/.exec(text)![1]!

interface Step {
  readonly title: string
  readonly lines: readonly string[]
  readonly tookMs: number
  readonly reachedMs?: Readonly<Record<string, number>>
}

const pidsIn = (text: string): number[] => [...text.matchAll(/\(process (\d+)\)/g)].map((match) => Number(match[1]))

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('configsync demo --once', () => {
  it('tells the story and ends with 0 because every node agrees, leaving nothing behind', async () => {
    const { exitCode, stdout, stderr } = await runCli(['demo', '--once'])
    expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain('5 agents, joined over mutual TLS 1.3')
    expect(stdout).toMatch(/node-4 has it after \d+(\.\d)? m?s/)
    expect(stdout).toContain('All 5 nodes agree')
    expect(stdout).toContain('Every node agrees.')
    expect(pidsIn(stdout)).toHaveLength(5)
    expect(pidsIn(stdout).filter(isRunning)).toEqual([])
    expect(existsSync(folderIn(stdout))).toBe(false)
  })

  it('is one document with --json, with what was measured', async () => {
    const { exitCode, stdout } = await runCli(['demo', '--nodes', '3', '--json'])
    expect(exitCode).toBe(0)
    const { agreed, nodes, steps } = JSON.parse(stdout) as { agreed: boolean; nodes: number; steps: Step[] }
    expect({ agreed, nodes }).toEqual({ agreed: true, nodes: 3 })
    const write = steps.find(({ title }) => title.startsWith('node-2 sets'))!
    expect(Object.keys(write.reachedMs!)).toEqual(['node-1', 'node-2', 'node-3'])
    expect(steps.map(({ title }) => title)).toEqual(
      expect.arrayContaining([
        'A conflict over tool_proxy.call_timeout_ms',
        'node-1 killed',
        'node-2 is coordinator',
        'node-1 is back',
      ]),
    )
  })

  it.each(['SIGINT', 'SIGKILL'] as const)('ends every agent when %s ends it in the middle', async (signal) => {
    const demo = new RunningCli(['demo', '--once'])
    await eventually('the agents run', () => pidsIn(demo.stdout()).length === 5, 60_000)
    demo.kill(signal)
    await demo.ended()
    await eventually('no agent runs any more', () => !pidsIn(demo.stdout()).some(isRunning), 15_000)
    if (signal === 'SIGINT') expect(existsSync(folderIn(demo.stdout()))).toBe(false)
    // Nobody can clean up after SIGKILL but the one who sent it.
    else rmSync(folderIn(demo.stdout()), { recursive: true })
  })
})
