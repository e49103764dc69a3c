import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds of CLOCK_MONOTONIC, which all processes of a Linux machine share, so that their stamps compare. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** CPU milliseconds, user and system, that this process has used. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Linux counts /proc times in hundredths of a second on every architecture it exposes them on (USER_HZ). */
const MS_PER_TICK = 10

/** CPU milliseconds of another process of this machine. */
export function processCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // the command name, in parentheses, may hold spaces
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}

/** Resident bytes of another process of this machine. */
export function processRssBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1]) * 1024
}

/** CPU milliseconds that all processes of the machine have used: what is not ours disturbed us. */
export function machineCpuMs(): number {
  const [user, nice, system, , , interrupt, softInterrupt] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user! + nice! + system! + interrupt! + softInterrupt!) * MS_PER_TICK
}

export interface Machine {
  readonly cores: number
  readonly model: string
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
}

export function describeMachine(): Machine {
  const processors = cpus()
  return {
    cores: processors.length,
    model: processors[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    kernel: release(),
    node: process.version,
  }
}

export const machineLine = (m: Machine): string =>
  `${m.cores} cores (${m.model}), ${m.memoryGiB} GiB, Linux ${m.kernel}, Node ${m.node}`

const QUIET_SAMPLE_MS = 3_000
const QUIET_WAIT_MS_MAX = 10 * 60_000

/** Resolves when the whole machine uses at most this many cores, or has not done so for ten minutes. */
export async function quietMachine(coresMax: number): Promise<void> {
  const deadlineMs = nowMs() + QUIET_WAIT_MS_MAX
  while (nowMs() < deadlineMs) {
    const cpuMs = machineCpuMs()
    const sinceMs = nowMs()
    await sleep(QUIET_SAMPLE_MS)
    if ((machineCpuMs() - cpuMs) / (nowMs() - sinceMs) <= coresMax) return
  }
}
