import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { ConfigSyncError } from '#core/errors'
import { isTraceParent, type TraceParent } from '#core/trace-parent'
import type { Instrumentation } from '#node/instrumentation'
import type { ConfigChangeRequest } from '#node/types'

/** Spans of one change event: a part of a pull may bring thousands of traces. */
const SPANS_MAX = 100
/** Parameters that a span names. */
const NAMED_MAX = 16

export interface OpenTelemetryOptions {
  /** default: that of the name `configsync` from the registered provider */
  readonly tracer?: Tracer
}

/**
 * Spans of what a node does: `configsync.publish` around a local write, `configsync.apply` on each other node around telling its
 * components, in the same trace, and `configsync.pull` for a pull or a repair. Only the API of OpenTelemetry is used: without an SDK
 * that the program registers nothing is made, and nothing is carried.
 */
export function openTelemetry({ tracer }: OpenTelemetryOptions = {}): Instrumentation {
  // Asked for each time: a program may register its SDK after this.
  const tracerOf = (): Tracer => tracer ?? trace.getTracer('configsync')
  return {
    publish: (changes, write) =>
      tracerOf().startActiveSpan(
        'configsync.publish',
        { kind: SpanKind.PRODUCER, attributes: attributesOf(changes) },
        (span) => settled(span, () => write(traceParentOf(span))),
      ),
    apply: ({ source, changes }, traces, tell) => {
      const attributes = { 'configsync.source': source, ...attributesOf(changes) }
      const spans = traces.slice(0, SPANS_MAX).map((parent) => {
        const remote = contextOf(parent)
        return tracerOf().startSpan('configsync.apply', { kind: SpanKind.CONSUMER, attributes }, remote)
      })
      // What components do belongs to a trace where there is one only.
      const [only] = spans
      if (spans.length === 1) context.with(trace.setSpan(contextOf(traces[0]!), only!), tell)
      else tell()
      for (const span of spans) span.end()
    },
    pull: ({ from, updates, full, outcome, elapsedMs }) => {
      const attributes = {
        'configsync.from': from,
        'configsync.updates': updates,
        'configsync.full': full,
        'configsync.outcome': outcome,
      }
      const endTime = Date.now()
      tracerOf()
        .startSpan('configsync.pull', { kind: SpanKind.CLIENT, attributes, startTime: endTime - elapsedMs, root: true })
        .end(endTime)
    },
  }
}

/** Runs with the trace that a request names in its header `traceparent`, if it names one. */
export function inTraceOf(traceparent: string | undefined, run: () => void): void {
  if (traceparent !== undefined && isTraceParent(traceparent)) context.with(contextOf(traceparent), run)
  else run()
}

/** A failure is the span's too; its code is stable, its detail may hold a value. */
async function settled<T>(span: Span, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const code = error instanceof ConfigSyncError ? error.code : 'INTERNAL'
    span.setStatus({ code: SpanStatusCode.ERROR, message: code })
    span.setAttribute('error.type', code)
    throw error
  } finally {
    span.end()
  }
}

/** Values are not for traces. */
function attributesOf(changes: readonly Pick<ConfigChangeRequest, 'section' | 'parameter'>[]): Attributes {
  const names = changes.slice(0, NAMED_MAX).map(({ section, parameter }) => `${section}.${parameter}`)
  return { 'configsync.parameters': names, 'configsync.changes': changes.length }
}

/** undefined for a span that nobody records: others have no use for it. */
function traceParentOf(span: Span): TraceParent | undefined {
  const spanContext = span.spanContext()
  const { traceId, spanId, traceFlags } = spanContext
  if (!isSpanContextValid(spanContext) || (traceFlags & TraceFlags.SAMPLED) === 0) return undefined
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

function contextOf(traceParent: TraceParent): Context {
  const [, traceId, spanId, flags] = traceParent.split('-') as [string, string, string, string]
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true })
}
