/** `configsync/sim`: real nodes over a simulated network in simulated time, for tests of one's own. */
export { SCENARIO_COMMANDS } from './scenario/commands.ts'
export { parseScenario, type Scenario, type ScenarioBlock } from './scenario/parser.ts'
export {
  runScenario,
  type ScenarioDifference,
  type ScenarioOptions,
  type ScenarioResult,
} from './scenario/run-scenario.ts'
export { VirtualMesh, type VirtualMeshOptions } from './virtual-mesh.ts'
