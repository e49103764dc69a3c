/** Where in a trace an update was written, in the form of W3C Trace Context, version 00. */
export type TraceParent = string & { readonly brand?: 'TraceParent' }

/** `00-`, the trace, the span, the flags: always as long as this. */
export const TRACE_PARENT_BYTES = 55

const FORM = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

export const isTraceParent = (text: string): text is TraceParent => FORM.test(text)
