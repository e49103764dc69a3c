/** Every event that an agent logs, by the name in the field `event`, which never changes. docs/observability.md lists them. */
export const LOG_EVENTS = {
  'agent.started': 'peers and clients can reach the agent',
  'agent.stopping': 'a signal or the parent asks it to stop',
  'agent.stopped': 'it has left the mesh and closed everything',
  'agent.cut-short': 'its stop took too long, or a second signal came',
  'config.changed': 'a parameter changed: what, from what, by whom, why',
  'config.conflict': 'concurrent writes met: who won over whom, by which rule',
  'config.rejected': 'something came in and was not taken, or not fully; `code` says why',
  'http.failed': 'a request met a bug',
  'mesh.coordinator': 'there is another coordinator, or none',
  'mesh.member': 'a member joined, left, is suspected, gone, back or restarted',
  'mesh.repaired': 'a pull or a repair broadcast ended',
  'node.ready': 'this node lacks nothing that some member has',
  'node.trouble': 'something that an operator should know; `code` says what',
  'store.recovered': 'everything is stored again after a failure',
  'store.reset': 'the store was set aside on request',
  'tuner.adjusted': 'the tuner moved a parameter: from what to what, why',
  'tuner.error': 'a strategy or a listener of the tuner threw; the node goes on',
  'tuner.frozen': 'the tuner leaves an objective where it is until it is released',
  'tuner.mode': 'the tuner of this node became active, observing or off',
  'tuner.released': 'the tuner may move again',
  'tuner.reverted': 'the tuner took an adjustment back',
} as const

export type LogEvent = keyof typeof LOG_EVENTS
