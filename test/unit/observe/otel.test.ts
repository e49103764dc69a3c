import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTelemetry } from '#observe/otel'
import { VirtualMesh } from '#sim/virtual-mesh'

let exporter: InMemorySpanExporter
let provider: BasicTracerProvider
let mesh: VirtualMesh

beforeEach(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  exporter = new InMemorySpanExporter()
  provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  // The node in the middle has no instrumentation: it carries the trace all the same.
  const node = (index: number) => ({
    preset: 'test' as const,
    ...(index !== 1 && { instrumentation: openTelemetry({ tracer: provider.getTracer(`node-${index + 1}`) }) }),
  })
  mesh = await new VirtualMesh({ seed: 7, nodes: 3, node }).start()
  mesh.run(10_000)
  exporter.reset()
})
afterEach(async () => {
  await mesh.stop()
  await provider.shutdown()
  trace.disable()
  context.disable()
})

const spans = (name: string): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.name === name)
const byNode = (name: string, node: string): ReadableSpan =>
  spans(name).find((span) => span.instrumentationScope.name === node)!

describe('OpenTelemetry', () => {
  it('has one trace over two nodes: the write, its arrival elsewhere, and what components do with it', async () => {
    const tracer = provider.getTracer('component')
    mesh.nodes[2]!.on('change', () => tracer.startSpan('reconfigure').end())
    await tracer.startActiveSpan('deploy', async (span) => {
      await mesh.nodes[0]!.publishUpdate('pool', 'size', 8, { reason: 'load' })
      span.end()
    })
    mesh.until('it arrives', 1_000, () => mesh.has('pool', 'size', 8))
    await provider.forceFlush()

    const [deploy] = spans('deploy')
    const publish = byNode('configsync.publish', 'node-1')
    const apply = byNode('configsync.apply', 'node-3')
    const [reconfigure] = spans('reconfigure')
    const ids = [deploy, publish, apply, reconfigure].map((span) => span!.spanContext().traceId)
    expect(new Set(ids).size).toBe(1)
    expect([publish, apply, reconfigure!].map((span) => span.parentSpanContext?.spanId)).toEqual(
      [deploy!, publish, apply].map((span) => span.spanContext().spanId),
    )
    expect([publish.kind, apply.kind]).toEqual([SpanKind.PRODUCER, SpanKind.CONSUMER])
    expect(publish.attributes).toEqual({ 'configsync.parameters': ['pool.size'], 'configsync.changes': 1 })
    expect(apply.attributes).toMatchObject({ 'configsync.source': 'remote', 'configsync.parameters': ['pool.size'] })
  })

  it('goes on where the broadcast was lost: by a pull from a node that knows nothing of traces', async () => {
    mesh.network.cut([VirtualMesh.nameOf(0)], [VirtualMesh.nameOf(2)])
    await mesh.nodes[0]!.publishUpdate('pool', 'size', 9)
    mesh.until('it arrives', 10_000, () => mesh.has('pool', 'size', 9))
    mesh.run(1_000)
    await provider.forceFlush()
    const publish = byNode('configsync.publish', 'node-1')
    const apply = byNode('configsync.apply', 'node-3')
    expect(apply.parentSpanContext).toMatchObject({ ...idsOf(publish), isRemote: true })
    expect(apply.attributes['configsync.source']).toBe('repair')
    expect(byNode('configsync.pull', 'node-3').attributes).toEqual({
      'configsync.from': VirtualMesh.nameOf(1),
      'configsync.updates': 1,
      'configsync.full': false,
      'configsync.outcome': 'complete',
    })
  })

  it('says what failed by its code', async () => {
    await expect(mesh.nodes[0]!.publishUpdate('pool', 'size', Number.NaN)).rejects.toThrow()
    await provider.forceFlush()
    const publish = byNode('configsync.publish', 'node-1')
    expect(publish.status).toEqual({ code: SpanStatusCode.ERROR, message: 'VALUE_INVALID' })
    expect(publish.attributes['error.type']).toBe('VALUE_INVALID')
  })

  it('makes nothing, and gives others nothing to carry, without an SDK', async () => {
    const quiet = await new VirtualMesh({ seed: 1, nodes: 2, node: { instrumentation: openTelemetry() } }).start()
    await quiet.nodes[0]!.publishUpdate('pool', 'size', 1)
    quiet.until('it arrives', 1_000, () => quiet.has('pool', 'size', 1))
    expect(quiet.core(quiet.nodes[1]!).replica.siblings('pool', 'size')[0]!.trace).toBeUndefined()
    expect(exporter.getFinishedSpans()).toEqual([])
    await quiet.stop()
  })
})

function idsOf(span: ReadableSpan): { traceId: string; spanId: string } {
  const { traceId, spanId } = span.spanContext()
  return { traceId, spanId }
}
