/** The process of one node of bench/propagation.ts: an agent that tells when it was written to and when it told of an update. */
import { Command } from 'commander'
import type { Agent } from '#agent/agent'
import { runAgent } from '#agent/run-agent'
import type { AgentFlags } from '#agent/settings'
import { addAgentOptions, endWithParent } from '#cli/commands/agent'
import type { ConfigUpdateMsg } from '#node/types'
import { nowMs } from './machine.ts'

/** By the clock that the processes of a machine share, which is none of those that the agents go by. */
export interface Stamp {
  readonly what: 'written' | 'told'
  readonly dot: string
  readonly atMs: number
}

const dotOf = ({ origin, sequence }: ConfigUpdateMsg): string => `${origin}#${sequence}`

function stampAll({ sync }: Agent): () => Promise<void> {
  const send = (stamp: Stamp) => process.send!(stamp)
  const publish = sync.publishUpdate.bind(sync)
  sync.publishUpdate = async (...write) => {
    const atMs = nowMs()
    const update = await publish(...write)
    send({ what: 'written', dot: dotOf(update), atMs })
    return update
  }
  // Asked by the histogram when components are told.
  const age = sync.ageMs.bind(sync)
  sync.ageMs = (update) => {
    const atMs = nowMs()
    const ageMs = age(update)
    if (ageMs !== undefined) send({ what: 'told', dot: dotOf(update), atMs })
    return ageMs
  }
  return async () => undefined
}

const command = addAgentOptions(new Command('propagation-node')).action(async (flags: AgentFlags) => {
  endWithParent()
  process.exit(await runAgent(flags, stampAll))
})
await command.parseAsync(process.argv)
