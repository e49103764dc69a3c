import type { MemberJson, ParameterJson, UpdateJson } from '#dashboard/agent/answers'

/** Answers of an agent, with what a test does not care about filled in. */
export const member = (
  nodeId: string,
  { vector = {}, ...rest }: Partial<MemberJson> & { readonly vector?: Record<string, number> | null },
): MemberJson => ({
  nodeId: nodeId as MemberJson['nodeId'],
  runId: '0123456789abcdef' as MemberJson['runId'],
  self: false,
  state: 'live',
  coordinator: false,
  address: '127.0.0.1:4101',
  silentForMs: 0,
  heartbeatIntervalMs: 1_000,
  inStep: true,
  behindForMs: 0,
  tunerMode: 'active',
  clockOffsetMs: 0,
  digest: '0000000000000000',
  load: 0,
  protocol: [1, 1],
  sameDeclarations: true,
  versionVector: vector,
  ...rest,
})

export const update = (nodeId: string, sequence: number, rest: Partial<UpdateJson> = {}): UpdateJson => ({
  nodeId,
  origin: `${nodeId}~1`,
  sequence,
  timestamp: [1_000 * sequence, 0],
  priority: 0,
  rule: 'latest',
  epoch: 0,
  versionVector: { [`${nodeId}~1`]: sequence },
  reason: null,
  ...rest,
})

export const parameter = (
  name: string,
  value: ParameterJson['value'],
  rest: Partial<ParameterJson> = {},
): ParameterJson => ({
  section: name.slice(0, name.indexOf('.')),
  parameter: name.slice(name.indexOf('.') + 1),
  value,
  deleted: false,
  source: 'resolved',
  update: update('node-1', 1),
  siblings: [],
  ...rest,
})
