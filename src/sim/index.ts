/** `configsync/sim`: real nodes over a simulated network in simulated time, for tests of one's own. */
export type { Checker, Failure, Finding } from './checkers/checker.ts'
export { failureText, replayCommand } from './failure-text.ts'
export { FAULT_KINDS, type FaultKind } from './fault-episodes.ts'
export { HARSH, type MeshPlan, scheduleOf } from './mesh-plan.ts'
export type { Progress, SimulateOptions } from './observation.ts'
export { randomSchedule, type ScheduleOptions } from './random-schedule.ts'
export { chartSvg } from './report/chart.ts'
export type { SimulationReport, SpreadPoint, TrafficRate } from './report/report.ts'
export type { Percentiles } from './report/samples.ts'
export { CHECKERS, type Outcome, runSchedule } from './run-schedule.ts'
export type { RunView } from './run-view.ts'
export { SCENARIO_COMMANDS } from './scenario/commands.ts'
export { parseScenario, type Scenario, type ScenarioBlock } from './scenario/parser.ts'
export {
  runScenario,
  type ScenarioDifference,
  type ScenarioOptions,
  type ScenarioResult,
} from './scenario/run-scenario.ts'
export type { LinkSetup, NodeSetup, Schedule, ScheduledEvent } from './schedule.ts'
export { parseSchedule } from './schedule-file.ts'
export { type Shrunk, shrinkSchedule } from './shrink-schedule.ts'
export { simulate } from './simulate.ts'
export type { SimulatedMachine } from './simulated-machine.ts'
export { VirtualMesh, type VirtualMeshOptions } from './virtual-mesh.ts'
