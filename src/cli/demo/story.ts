import type { DemoActions } from './actions.ts'
import type { DemoCluster, DemoNode } from './cluster.ts'
import type { Report } from './step.ts'

/** What the demo shows by itself, from the first certificate to the last digest. */
export async function runStory(cluster: DemoCluster, actions: DemoActions, report: Report): Promise<void> {
  report(await actions.makeCertificates())
  report(await actions.startAgents())
  report(await actions.electCoordinator())
  report(await actions.importExample(cluster.nodes[0]!))
  await writeFromSeveral(cluster, actions, report)
  await disagree(cluster, actions, report)
  await loseTheCoordinator(cluster, actions, report)
  report(await actions.agree())
}

async function writeFromSeveral({ nodes }: DemoCluster, actions: DemoActions, report: Report): Promise<void> {
  const last = nodes.length - 1
  report(await actions.write(nodes[Math.min(1, last)]!, { section: 'mesh', parameter: 'batch_size_limit' }, 15))
  report(await actions.write(nodes[Math.min(2, last)]!, { section: 'tool_proxy', parameter: 'default_call_limit' }, 40))
  report(await actions.write(nodes[last]!, { section: 'recovery', parameter: 'strategies' }, ['restart', 'reassign']))
}

async function disagree({ nodes }: DemoCluster, actions: DemoActions, report: Report): Promise<void> {
  if (nodes.length < 2) return
  const [a, b] = [nodes.at(-1)!, nodes.at(-2)!]
  const name = { section: 'tool_proxy', parameter: 'call_timeout_ms' }
  report(await actions.conflict(a, b, name, (attempt) => [20_000 + attempt, 5_000 + attempt]))
}

async function loseTheCoordinator(cluster: DemoCluster, actions: DemoActions, report: Report): Promise<void> {
  const [coordinator, next] = cluster.nodes as readonly [DemoNode, DemoNode | undefined]
  if (!next) return
  const killedAt = performance.now()
  report(await actions.kill(coordinator))
  report(await actions.write(cluster.nodes.at(-1)!, { section: 'inference', parameter: 'temperature' }, 0.7))
  report(await actions.succession(coordinator, killedAt))
  report(await actions.bringBack(coordinator))
  report(await actions.electCoordinator())
}
