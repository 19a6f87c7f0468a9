import { createActor, fromPromise, SimulatedClock, type ActorRefFrom, type SnapshotFrom } from 'xstate';
import {
  agentLifecycleMachine,
  type AgentLifecycleEmitted,
  type AgentLifecycleEvent,
  type AgentLifecycleInput,
  type AgentLifecycleMachineInput,
  type AgentOperation,
  type AgentOperationInput,
} from '../src/index.js';
import { everyOperation } from '../src/testing/subjects/every-operation.js';

export const AGENT_ID = '1b4e28ba-2fa1-41d2-883f-0016d3cca427';
export const VERSION = '6fa459ea-ee8a-4ca4-894e-db77e160355e';
export const INPUT: AgentLifecycleInput = {
  agentId: AGENT_ID,
  agentName: 'test-agent',
  version: VERSION,
  versionNumber: 1,
};

interface Invocation {
  readonly input: AgentOperationInput;
  readonly signal: AbortSignal;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A lifecycle on a simulated clock, whose operations end when a test says so. */
export class LifecycleRig {
  readonly clock = new SimulatedClock();
  readonly emitted: AgentLifecycleEmitted[] = [];
  readonly invocations: Invocation[] = [];
  readonly actor: ActorRefFrom<typeof agentLifecycleMachine>;

  constructor(input: Partial<AgentLifecycleMachineInput> = {}) {
    const operation = fromPromise<unknown, AgentOperationInput>(
      ({ input, signal }) =>
        new Promise<void>((resolve, reject) => {
          this.invocations.push({ input, signal, resolve, reject });
        }),
    );
    const machine = agentLifecycleMachine.provide({
      actors: everyOperation(operation),
    });
    this.actor = createActor(machine, { input: { ...INPUT, ...input }, clock: this.clock });
    this.actor.on('*', (event) => this.emitted.push(event));
    this.actor.subscribe({ error: () => undefined });
    this.actor.start();
  }

  get snapshot(): SnapshotFrom<typeof agentLifecycleMachine> {
    return this.actor.getSnapshot();
  }

  /** The invocation of the operation in flight. */
  get inFlight(): Invocation {
    const last = this.invocations.at(-1);
    if (last === undefined) throw new Error('No operation was ever in flight');
    return last;
  }

  /** Sends an event, one that the types do not know among them. */
  send(event: AgentLifecycleEvent | { type: string; [key: string]: unknown }): void {
    this.actor.send(event as AgentLifecycleEvent);
  }

  async finish(operation: AgentOperation): Promise<void> {
    this.#expectInFlight(operation).resolve();
    await settled();
  }

  async break(operation: AgentOperation, error: unknown): Promise<void> {
    this.#expectInFlight(operation).reject(error);
    await settled();
  }

  #expectInFlight(operation: AgentOperation): Invocation {
    if (this.inFlight.input.operation !== operation) throw new Error(`${operation} is not in flight`);
    return this.inFlight;
  }
}

/** Brings a lifecycle to a state in which a test begins. */
export async function lifecycleIn(
  state: 'unloaded' | 'loaded' | 'ready' | 'running',
  input: Partial<AgentLifecycleMachineInput> = {},
): Promise<LifecycleRig> {
  const rig = new LifecycleRig(input);
  const steps = [
    ['loaded', 'agent.load', 'loading'],
    ['ready', 'agent.instantiate', 'instantiating'],
    ['running', 'agent.start', 'starting'],
  ] as const;
  for (const [reached, type, operation] of steps) {
    if (rig.snapshot.hasTag(state)) break;
    rig.send({ type });
    await rig.finish(operation);
    if (!rig.snapshot.hasTag(reached)) throw new Error(`The lifecycle did not reach ${reached}`);
  }
  rig.emitted.length = 0;
  return rig;
}

/** Lets the promises of operations that have just ended reach the machine. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}
