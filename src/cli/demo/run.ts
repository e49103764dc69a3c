import { failure } from '../failure.ts'
import { createOutput, duration, type Output } from '../output.ts'
import { DemoActions } from './actions.ts'
import { DemoCluster } from './cluster.ts'
import { LiveDemo } from './live-demo.ts'
import { Observer } from './observer.ts'
import type { StoryStep } from './step.ts'
import { runStory } from './story.ts'

const STORY_MS_MAX = 60_000

/** Tells the story without a terminal. Resolves only if every node agrees at the end. */
export async function runDemoOnce(count: number, json: boolean): Promise<void> {
  const output = createOutput(json)
  const steps: StoryStep[] = []
  const startedAt = performance.now()
  const cluster = new DemoCluster(count)
  await withCluster(cluster, STORY_MS_MAX, (interrupted) => {
    const actions = new DemoActions(cluster, new Observer(interrupted))
    return runStory(cluster, actions, (step) => {
      steps.push(step)
      if (!json) printStep(output, steps.length, step)
    })
  })
  const tookMs = performance.now() - startedAt
  if (json) return output.document({ agreed: true, nodes: count, tookMs, steps })
  output.line(`${output.colors.green('Every node agrees.')} ${duration(tookMs)} in all; every process has ended.`)
}

/** The live screen, until its user quits. */
export async function runDemo(count: number): Promise<void> {
  const cluster = new DemoCluster(count)
  await withCluster(cluster, undefined, (interrupted) => new LiveDemo(cluster, interrupted).run())
}

/** Runs with a cluster that is gone afterwards, whether it went well, failed, took too long or was interrupted. */
export async function withCluster(
  cluster: DemoCluster,
  msMax: number | undefined,
  use: (interrupted: AbortSignal) => Promise<void>,
): Promise<void> {
  const interruption = new AbortController()
  const interrupt = (signal: NodeJS.Signals) => interruption.abort(failure('DEMO_FAILED', `interrupted by ${signal}`))
  const expire = () => interruption.abort(failure('DEMO_FAILED', `not done after ${msMax} ms`))
  const timer = msMax === undefined ? undefined : setTimeout(expire, msMax)
  for (const signal of SIGNALS) process.on(signal, interrupt)
  try {
    await Promise.race([use(interruption.signal), aborted(interruption.signal)])
  } finally {
    clearTimeout(timer)
    interruption.abort()
    await cluster.stop()
    for (const signal of SIGNALS) process.off(signal, interrupt)
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Rejects with the reason of the abort. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}

/** A step as it is told to people: what, how long, and how far. */
export function printStep(output: Output, number: number, step: StoryStep): void {
  const { colors } = output
  output.line(
    `${colors.dim(String(number).padStart(2))}  ${colors.bold(step.title)}  ${colors.green(duration(step.tookMs))}`,
  )
  for (const line of stepLines(step)) output.line(`    ${colors.dim(line)}`)
}

/** What there is to say below the title. */
export function stepLines({ lines, reachedMs, having = 'it' }: StoryStep): string[] {
  if (!reachedMs) return [...lines]
  const reached = Object.entries(reachedMs).map(([nodeId, ms]) => `${nodeId} has ${having} after ${duration(ms)}`)
  return [...lines, reached.join(', ')]
}
