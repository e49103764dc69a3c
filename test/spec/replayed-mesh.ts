import type { NodeId } from '#core/identity'
import type { PullRequest } from '#core/protocol'
import type { Update } from '#core/update'
import { change } from '../support/core-node.ts'
import { originOfSpec } from './picture.ts'
import { carried, ReplayedNode } from './replayed-node.ts'
import type { Picks, SpecDot, SpecQuestion, SpecStep, SpecUpdate } from './traces.ts'

/** Under any such limit a part holds one group: the smallest that there can be. */
const PART_BYTES_LEAST = 1

/** What the traces came through, so that a test can tell that they came through everything. */
export type Passage =
  | 'write'
  | 'group'
  | 'delete'
  | 'delivered'
  | 'repeated'
  | 'conflict'
  | 'part'
  | 'claimed'
  | 'full exchange'
  | 'begun again'
  | 'ignored answer'
  | 'given up'
  | 'tombstone dropped'
  | 'saved'
  | 'crash'
  | 'clean restart'
  | 'healed'

interface Call {
  readonly from: NodeId
  readonly updates: readonly Update[]
}

/** Does what a trace says, with real nodes. */
export class ReplayedMesh {
  readonly nodes: ReplayedNode[]
  readonly passed = new Map<Passage, number>()
  protected readonly calls: Call[] = []

  constructor(count: number) {
    this.nodes = Array.from({ length: count }, (_, index) => new ReplayedNode(index + 1))
  }

  protected note(passage: Passage): void {
    this.passed.set(passage, (this.passed.get(passage) ?? 0) + 1)
  }

  async step({ action, picks }: SpecStep): Promise<void> {
    const node = this.nodes[picks.n - 1]!
    switch (action) {
      case 'init':
      case 'idle':
        return
      case 'writeStep':
        return this.write(node, picks)
      case 'deliverStep':
        return this.deliver(node, picks.updates, 'delivered')
      case 'repeatStep':
        return this.deliver(node, picks.updates, 'repeated')
      case 'askStep':
        return node.ask(this.nodes[picks.server - 1]!)
      case 'answerStep':
        return this.answer(node, picks.question, picks.small)
      case 'takeStep':
        return this.take(node, picks.a.number)
      case 'dropStep':
        return this.drop(node, picks.tombstone)
      default:
        return this.life(action, node)
    }
  }

  private async life(action: string, node: ReplayedNode): Promise<void> {
    switch (action) {
      case 'saveStep':
        this.note('saved')
        return node.save()
      case 'crash':
        this.note('crash')
        return this.crash(node)
      case 'restart':
        this.note('clean restart')
        return node.restart()
      case 'giveUp':
        this.note('given up')
        node.pull = undefined
        return
      case 'heal':
        this.note('healed')
        return this.heal()
      default:
        throw new Error(`the specification can do what the replay cannot: ${action}`)
    }
  }

  protected crash(node: ReplayedNode): Promise<void> {
    return node.crash()
  }

  private write(node: ReplayedNode, { parameters, deletes, priority }: Picks): void {
    const value = deletes === 0 ? undefined : this.calls.length
    const changes = [...parameters].sort().map((parameter) => change(parameter, value, { priority }))
    // The specification orders concurrent writes by their count, the code by their stamps.
    const effects = node.step({ type: 'write', changes }, 1_767_225_600_000 + this.calls.length)
    for (const effect of effects)
      if (effect.type === 'written') this.calls.push({ from: node.nodeId, updates: effect.updates })
    this.note('write')
    if (parameters.length > 1) this.note('group')
    if (value === undefined) this.note('delete')
  }

  protected deliver(node: ReplayedNode, updates: readonly SpecUpdate[], passage: Passage): void {
    const { from, updates: written } = this.calls[updates[0]!.value]!
    const message = carried({ type: 'updates', updates: written })
    // Its own old writes come back to a node by a pull, or from a network that repeats.
    if (from === node.nodeId) for (const update of message.updates) node.core.replica.merge(update)
    else node.step({ type: 'message', from, message })
    this.note(passage)
    const siblings = written.map(({ section, parameter }) => node.core.replica.siblings(section, parameter))
    if (siblings.some(({ length }) => length > 1)) this.note('conflict')
  }

  private serverOf(node: ReplayedNode): ReplayedNode {
    return this.nodes.find(({ nodeId }) => nodeId === node.pull!.session.peer)!
  }

  protected answer(node: ReplayedNode, question: SpecQuestion, small: boolean): void {
    const { questions, answers } = node.pull!
    const request = questions.find((one) => sameQuestion(one, question))!
    answers.push(this.serverOf(node).answerTo(request, small ? PART_BYTES_LEAST : Number.POSITIVE_INFINITY))
  }

  private take(node: ReplayedNode, number: number): void {
    const answer = node.pull!.answers[number - 1]!
    const outcome = node.take(answer)
    const passages = { ignored: 'ignored answer', more: 'part', complete: 'claimed', again: 'begun again' } as const
    this.note(passages[outcome])
    if (outcome === 'complete' && answer.full) this.note('full exchange')
  }

  protected drop({ core }: ReplayedNode, { origin, sequence }: SpecUpdate): void {
    const { replica } = core
    const tombstone = [...replica.tombstones.keys()].find(
      (update) => update.origin === originOfSpec(origin) && update.sequence === sequence,
    )!
    if (!replica.collectable(tombstone)) throw new Error('the code keeps a tombstone that the specification drops')
    replica.collect(tombstone)
    this.note('tombstone dropped')
  }

  private heal(): void {
    for (const node of this.nodes)
      for (const server of this.nodes) {
        if (node === server) continue
        node.ask(server)
        node.take(server.answerTo(node.pull!.questions[0]!, Number.POSITIVE_INFINITY))
        node.pull = undefined
      }
  }
}

const sameQuestion = ({ snapshot, cursor }: PullRequest, question: SpecQuestion): boolean =>
  question.first ? snapshot === undefined : snapshot !== undefined && sameDot(cursor, question.cursor)

const sameDot = (cursor: PullRequest['cursor'], [origin, sequence]: SpecDot): boolean =>
  cursor !== undefined && cursor[0] === originOfSpec(origin) && cursor[1] === sequence
