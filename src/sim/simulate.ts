import type { MessageType } from '#core/protocol'
import { Observation, type SimulateOptions } from './observation.ts'
import type { SimulationReport, TrafficRate } from './report/report.ts'
import { CHECKERS, EQUAL_WITHIN_H, type Outcome, runSchedule } from './run-schedule.ts'
import { H, type RunView } from './run-view.ts'
import type { EventKind, Schedule } from './schedule.ts'

/** What is promised of a single write while messages are lost. Heartbeat intervals. */
const SPREAD_WITHIN_H = 2

/**
 * Runs a schedule with every checker looking, and reports what it came to. What the mesh does wrong is in the report
 * (`passed`, `failures`), never thrown.
 */
export async function simulate(schedule: Schedule, options: SimulateOptions = {}): Promise<SimulationReport> {
  return (await observed(schedule, options)).report
}

/** With what `shrinkSchedule` begins from. */
export async function observed(
  schedule: Schedule,
  { checkers = CHECKERS, ...options }: SimulateOptions,
): Promise<{ readonly outcome: Outcome; readonly report: SimulationReport }> {
  const observation = new Observation(options)
  const outcome = await runSchedule(schedule, checkers, observation)
  return { outcome, report: reportOf(outcome, observation, observation.run!) }
}

function reportOf(outcome: Outcome, observation: Observation, run: RunView): SimulationReport {
  const { schedule, failure } = outcome
  const { removals, ledger, flipped, mesh, traffic } = run
  const { conflicts, fullExchanges } = observation
  const unexcused = removals.filter(({ excuse }) => excuse === undefined).length
  return {
    format: 'configsync-simulation/1',
    seed: schedule.seed,
    nodes: schedule.nodes.length,
    heartbeatIntervalMs: H,
    simulatedMs: outcome.simulatedMs,
    passed: failure === undefined,
    failures: failure === undefined ? [] : [failure],
    digest: outcome.digest,
    events: countsOf(schedule),
    writes: {
      made: outcome.writes,
      acknowledged: outcome.acknowledged,
      excused: ledger.all.filter(({ acknowledged, excused }) => acknowledged && excused).length,
    },
    convergence: convergenceOf(observation),
    healing: { tookMs: outcome.equalAfterMs ?? null, boundMs: EQUAL_WITHIN_H * H },
    traffic: trafficOf(run),
    repairs: { pulls: traffic.pulls, broadcasts: mesh.sent('repair'), fullExchanges },
    conflicts,
    divergences: mesh.bugs.length,
    removals: { false: unexcused, excused: removals.length - unexcused },
    reigns: Math.max(0, ...run.machines.map(({ core }) => core?.self.epoch ?? 0)),
    damagedFrames: { received: flipped.frames, refused: flipped.refused },
  }
}

function convergenceOf({ convergence }: Observation): SimulationReport['convergence'] {
  const boundMs = SPREAD_WITHIN_H * H
  const { toOneNode, toEveryNode, unfinished } = convergence!
  return {
    boundMs,
    withinBound: convergence!.within(boundMs),
    toOneNode: toOneNode.percentiles(),
    toEveryNode: toEveryNode.percentiles(),
    unfinished,
    spread: convergence!.spread(),
  }
}

function trafficOf({ traffic, machines, mesh, nowMs }: RunView): SimulationReport['traffic'] {
  const perNodeAndSecond = (count: number) => count / machines.length / (nowMs / 1_000)
  const sent: Partial<Record<MessageType, TrafficRate>> = {}
  for (const [type, { messages, bytes }] of traffic.totals)
    sent[type] = { messages: perNodeAndSecond(messages), bytes: perNodeAndSecond(bytes) }
  const received = { frames: 0, bytes: 0 }
  for (const { name } of machines) {
    const { framesReceived, bytesReceived } = mesh.network.counters(name)
    received.frames += framesReceived
    received.bytes += bytesReceived
  }
  return { sent, received: { frames: perNodeAndSecond(received.frames), bytes: perNodeAndSecond(received.bytes) } }
}

function countsOf({ events }: Schedule): Partial<Record<EventKind, number>> {
  const counts: Partial<Record<EventKind, number>> = {}
  for (const { kind } of events) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
