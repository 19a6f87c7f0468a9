/** The top states of the chart. The chart's own file makes the compiler check that they are all of them. */
export type AgentLifecycleState =
  'unloaded' | 'loaded' | 'ready' | 'running' | 'draining' | 'stopped' | 'failed';

/** The states in which the lifecycle has ended. */
export type AgentFinalState = Extract<AgentLifecycleState, 'stopped' | 'failed'>;

/** The work that a host does before a state can change: the actors that it supplies, by name. */
export type AgentOperation = 'loading' | 'instantiating' | 'unloading' | 'starting' | 'stopping';
