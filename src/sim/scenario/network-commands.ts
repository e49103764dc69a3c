import type { LinkFaults } from '#mesh/link-faults'
import type { Arguments } from './arguments.ts'
import { type Action, type CommandKind, SILENT } from './command.ts'
import { ScenarioFault } from './fault.ts'

const silently =
  (act: (network: Parameters<Action>[0]['mesh']['network']) => void): Action =>
  ({ mesh }) => {
    act(mesh.network)
    return SILENT
  }

const cut: CommandKind = {
  usage: 'cut NODE… [->] NODE',
  does: 'nothing passes between the last node and the others; with -> nothing from them to it, but its messages still come',
  read(words) {
    const nodes = words.nodes()
    const oneWay = words.skip('->')
    const to = oneWay ? words.node() : nodes.pop()!
    words.end()
    if (nodes.length === 0) throw new ScenarioFault('it takes two nodes to cut between')
    return silently((network) => {
      network.cut(nodes, [to])
      if (!oneWay) network.cut([to], nodes)
    })
  },
}

const partition: CommandKind = {
  usage: 'partition NODE… | NODE… | …',
  does: 'only nodes of one group reach each other; nodes that are not named form a group of their own',
  read(words) {
    const groups = [words.nodes()]
    while (words.skip('|')) groups.push(words.nodes())
    words.end()
    return silently((network) => network.partition(...groups))
  },
}

const heal: CommandKind = {
  usage: 'heal',
  does: 'ends all cuts and partitions',
  read(words) {
    words.end()
    return silently((network) => network.heal())
  },
}

const rate = (fault: 'lossRate' | 'duplicateRate' | 'reorderRate', usage: string, does: string): CommandKind => ({
  usage,
  does,
  read(words) {
    const share = words.share()
    words.end()
    return setting({ [fault]: share })
  },
})

const setting = (faults: Partial<LinkFaults>): Action => silently((network) => network.setFaults(faults))

const delay: CommandKind = {
  usage: 'delay DURATION [DURATION]',
  does: 'how long a message takes: exactly, or between two times; 5ms 25ms unless told otherwise',
  read(words) {
    const delayMs = delayIn(words)
    words.end()
    return setting({ delayMs })
  },
}

function delayIn(words: Arguments): LinkFaults['delayMs'] {
  const leastMs = words.duration()
  if (words.left === 0) return leastMs
  const mostMs = words.duration()
  if (mostMs < leastMs) throw new ScenarioFault('the shorter time comes first')
  return [leastMs, mostMs]
}

export const NETWORK_COMMANDS = {
  cut,
  partition,
  heal,
  delay,
  loss: rate('lossRate', 'loss SHARE', 'each receiver loses each message with this probability, such as 20%'),
  duplicate: rate('duplicateRate', 'duplicate SHARE', 'messages arrive twice with this probability'),
  reorder: rate('reorderRate', 'reorder SHARE', 'messages are overtaken by later ones with this probability'),
}
