import type { Command } from 'commander'
import { type AgentOptions, agentCommand, openSession } from '../agent-command.ts'
import type { StatusAnswer } from '../answers.ts'
import { type Colors, duration, printable, table } from '../output.ts'

export function registerStatus(program: Command): void {
  agentCommand(program, 'status', 'show how this agent is').action(async (options: AgentOptions) => {
    const { client, output } = openSession(options)
    const status = await client.get<StatusAnswer>('/v1/status')
    if (output.json) return output.document(status)
    output.line(table(output.colors, [], statusRows(status, output.colors)))
  })
}

export function statusRows(status: StatusAnswer, colors: Colors): string[][] {
  const { delivery, rejected } = status
  const coordinator = status.isCoordinator ? `${status.coordinator} (this node)` : (status.coordinator ?? 'none yet')
  const refused = Object.entries(rejected).map(([code, count]) => `${code} ${count}`)
  const rows: [string, string][] = [
    ['node', `${colors.bold(status.nodeId)} of ${status.cluster}${readinessText(status, colors)}`],
    ...turnedAwayRows(status, colors),
    ['up for', duration(status.uptimeMs)],
    ['mesh address', status.address || '(none)'],
    ['coordinator', `${coordinator}, epoch ${status.epoch}`],
    ['members', status.members.map((member) => member.nodeId).join(', ')],
    ['parameters', `${status.parameters}, revision ${status.revision}`],
    ['updates', `${status.appliedUpdates} applied, ${status.pendingUpdates} pending, from ${status.origins} origins`],
    ['conflicts', String(status.conflicts)],
    ['repairs', `${status.repairs}${status.fullExchanges > 0 ? `, ${status.fullExchanges} full exchanges` : ''}`],
    ['store', storeText(status, colors)],
    ['divergences', status.divergences === 0 ? '0' : colors.red(String(status.divergences))],
    ['rejected', refused.length === 0 ? '0' : colors.yellow(refused.join(', '))],
    ['tuner', status.tunerMode],
    ['load', `${Math.round(status.load * 100)} %`],
    ['delivery', deliveryText(delivery)],
    ['digest', status.digest],
  ]
  return rows.map(([label, value]) => [colors.dim(label), value])
}

function readinessText({ ready, turnedAway }: StatusAnswer, colors: Colors): string {
  if (turnedAway) return colors.red('  not ready: turned away')
  return ready ? '' : colors.yellow('  not ready yet')
}

function turnedAwayRows({ turnedAway }: StatusAnswer, colors: Colors): [string, string][] {
  if (turnedAway === null) return []
  return [
    ['turned away', colors.red(turnedAwayText(turnedAway))],
    ['what to do', turnedAway.hint],
  ]
}

/** Who, why, and for how long. */
export function turnedAwayText({ by, code, detail, forMs }: NonNullable<StatusAnswer['turnedAway']>): string {
  return `by ${printable(by)}, for ${duration(forMs)}: ${code}, ${printable(detail)}`
}

function storeText({ store }: StatusAnswer, colors: Colors): string {
  if (store === null) return 'none: nothing is kept over a restart'
  return store.failure === null ? store.name : colors.red(`${store.name}, failing: ${store.failure}`)
}

function deliveryText({ p50Ms, p95Ms, p99Ms, successRate, receipts }: StatusAnswer['delivery']): string {
  if (p50Ms === null || p95Ms === null || p99Ms === null) return 'not measured yet'
  const rate = successRate === null ? '' : `, ${(successRate * 100).toFixed(1)} % arrive`
  return `p50 ${duration(p50Ms)}, p95 ${duration(p95Ms)}, p99 ${duration(p99Ms)}${rate} (${receipts} receipts)`
}
