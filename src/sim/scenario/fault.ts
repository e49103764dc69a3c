/** What is wrong with one line of a scenario; whoever reads or runs the line adds where it stands. */
export class ScenarioFault extends Error {}
