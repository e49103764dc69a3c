import type { Core } from '#core/core'
import { hash64Equal, hash64Text } from '#core/digest'
import { ERROR_CODES } from '#core/errors'
import { COVERAGE_RANGES_MAX } from '#core/limits'
import type { Member } from '#core/member'
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '#core/protocol'
import type { ClockOffsets } from '#mesh/clock-offsets'
import type { MemberView, TurnedAwayView } from './types.ts'
import { vectorOf } from './views.ts'

/** Oneself first, then the members in the order of their names. */
export function memberViews(core: Core, clockOffsets: ClockOffsets): MemberView[] {
  const members = [...core.membership.members.values()].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1))
  return [selfView(core), ...members.map((member) => memberView(core, member, clockOffsets.of(member.nodeId)))]
}

export function turnedAwayView({ exclusion, self }: Core): TurnedAwayView | undefined {
  const { current, sinceMs } = exclusion
  if (current === undefined) return undefined
  const { by, code, detail } = current
  return { by, code, detail, hint: ERROR_CODES[code].hint, forMs: self.nowMs - sinceMs }
}

function selfView(core: Core): MemberView {
  const { self } = core
  return {
    nodeId: self.nodeId,
    runId: self.runId,
    self: true,
    state: 'live',
    coordinator: core.election.selfReigns,
    address: self.address,
    silentForMs: 0,
    heartbeatIntervalMs: core.election.selfReigns ? self.intervalMs : core.membership.ordinaryIntervalMs,
    inStep: true,
    behindForMs: 0,
    clockOffsetMs: 0,
    digest: hash64Text(self.replica.seen.digest.value()),
    load: self.load,
    tunerMode: self.tunerMode,
    protocol: [PROTOCOL_VERSION_MIN, PROTOCOL_VERSION],
    sameDeclarations: true,
    versionVector: vectorOf(self.replica.seen.coverage(COVERAGE_RANGES_MAX)),
  }
}

function memberView(core: Core, member: Member, clockOffsetMs: number | undefined): MemberView {
  const { self } = core
  const { heartbeat } = member
  const inStep = core.inStep(member.nodeId)
  return {
    nodeId: member.nodeId,
    runId: member.runId,
    self: false,
    state: member.suspected ? 'suspected' : 'live',
    coordinator: core.election.coordinator === member.nodeId,
    address: heartbeat.address,
    silentForMs: Math.max(0, self.nowMs - member.heardMs),
    heartbeatIntervalMs: heartbeat.intervalMs,
    inStep,
    behindForMs: inStep ? 0 : member.inStepMs === undefined ? undefined : self.nowMs - member.inStepMs,
    clockOffsetMs,
    digest: hash64Text(heartbeat.digest),
    load: heartbeat.load,
    tunerMode: heartbeat.tunerMode,
    protocol: [heartbeat.protocolMin, heartbeat.protocolMax],
    sameDeclarations: hash64Equal(heartbeat.declarationsHash, self.declarationsHash),
    versionVector: inStep ? vectorOf(self.replica.seen.coverage(COVERAGE_RANGES_MAX)) : toldVector(member),
  }
}

/** What the member last told: its coverage, and the origins that its heartbeat lists. */
function toldVector({ told, heartbeat }: Member): MemberView['versionVector'] {
  if (told === undefined && heartbeat.recent.length === 0) return undefined
  const vector: Record<string, number> = { ...vectorOf(told ?? []) }
  for (const { origin, contiguous } of heartbeat.recent)
    if (contiguous > 0) vector[origin] = Math.max(vector[origin] ?? 0, contiguous)
  return vector
}
