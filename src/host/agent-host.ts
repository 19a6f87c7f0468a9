import type { InspectionEvent, Observer, Subscription } from 'xstate';
import { assertKnownKeys } from '../values/assert-known-keys.js';
import { Agent, type AgentListener } from './agent/agent.js';
import type { AgentDriverFactory, AgentOutput } from './agent-driver.js';
import { AgentHostError } from './agent-host-error.js';
import { resolveAgentSpec, type AgentSpec, type ResolvedAgentSpec } from './agent-spec.js';
import { delay, realTime, type Clock } from '../util/clock.js';
import { DependencyGraph, dependencyPhases } from './supervision/dependency-order.js';
import { healthOf, type AgentHealth } from './supervision/health.js';
import type { HostPersistence } from './persistence/host-persistence.js';
import type { AgentReport } from './agent/agent-report.js';
import type { HostContext } from './host-context.js';
import type { RequestEnd } from './requests/agent-request.js';
import { LimitSweep } from '../util/limit-sweep.js';
import { InvalidValueError } from '../values/invalid-value-error.js';
import { Inspection } from './inspection.js';
import type { JournalEntry } from './journal.js';
import { callSafely, Listeners } from '../util/listeners.js';
import { parseWhole } from '../values/parse-whole.js';
import { parsePhaseOptions } from './supervision/phase-options.js';
import type { PhaseOptions } from './supervision/phase-options.js';
import { shutDownPhase, startPhase, type StartReport } from './supervision/phases.js';

/** How a host is created. */
export interface AgentHostOptions {
  /** The kinds of agents that this host can run, by the name that a spec calls them. */
  readonly drivers?: Readonly<Record<string, AgentDriverFactory>>;
  /** Keeps every deadline of the lifecycles; the real time by default. A driver may have its own. */
  readonly clock?: Clock;
  /** How many entries the journal of each agent keeps; 1 000 by default. */
  readonly journalCapacity?: number;
  /**
   * Told what concerns no agent's lifecycle: an error of a listener, or of a driver's dispose. Such an error is
   * ignored by default.
   */
  readonly onError?: (error: unknown, agent: Agent) => void;
  /** Receives what agents print, a line at a time. It is dropped by default. What this function throws goes to `onError`. */
  readonly onOutput?: (output: AgentOutput, agent: Agent) => void;
  /** What it does not forget when its process ends; nothing by default. With one, the options of agents must be JSON. */
  readonly persistence?: HostPersistence;
}

/** Called with each entry of the journals, and the agent to which it belongs. */
export type JournalListener = (entry: JournalEntry, agent: Agent) => void;

/** Called with the end of each request, and the agent that it was sent to. */
export type RequestEndListener = (end: RequestEnd, agent: Agent) => void;

/** Deploys agents, runs and supervises them, and shuts them down. */
export interface AgentHost {
  /** The agents, one for each name, in the order of their first deployment. */
  readonly agents: readonly Agent[];
  /** Whether `shutdown` has been called. */
  readonly isShuttingDown: boolean;
  /** @throws {AgentHostError} `UnknownAgent` */
  agent(name: string): Agent;
  /**
   * Deploys an agent, unloaded. Under the name of one that has ended it is the next generation of that.
   *
   * @throws {AgentHostError} `UnknownDriver`, `AgentExists`, `HostShutDown`, `UnknownDependency`, `DependencyCycle`
   * @throws {InvalidValueError} for a spec that is not what it should be, and what the driver's factory throws
   */
  deploy(spec: AgentSpec): Agent;
  /** Deploys agents that may depend on each other, in any order. All of them, or, when it throws, none. */
  deployAll(specs: readonly AgentSpec[]): readonly Agent[];
  /**
   * Runs all agents, each after those on which it depends, and independent ones side by side. One of which a
   * dependency is not running is not started. An agent that an earlier host had, by the memory of this one, is brought
   * to where it was meant to be there, and reported where that fails: one that has ended stays so.
   */
  run(options?: PhaseOptions): Promise<readonly StartReport[]>;
  /**
   * Brings an agent down and forgets it, its generation too.
   *
   * @throws {AgentHostError} `UnknownAgent`, `HasDependents`
   */
  remove(name: string): Promise<AgentReport>;
  /** How each agent is, by its name. */
  health(): Readonly<Record<string, AgentHealth>>;
  /** Hears every agent's transitions and refusals, whatever its generation. */
  subscribe(listener: AgentListener): Subscription;
  /** Hears every entry of every agent's journal. */
  watch(listener: JournalListener): Subscription;
  /**
   * Calls a listener at the end of each request that arrives from now on, of whatever agent: those that are deployed
   * later, too. A request that several versions of an agent had in turn ends once. Errors of the listener are caught.
   */
  onRequestEnd(listener: RequestEndListener): Subscription;
  /**
   * Hears XState's inspection events of all agents' actors, those that run and those that come: of lifecycles, whose
   * `id` is `word-count v2 #3` (agent, version number, generation), and of supervisors, `word-count supervisor`. They
   * come in the middle of an actor's work, with everything that it knows. What an observer throws is caught.
   */
  inspect(observer: Observer<InspectionEvent>): Subscription;
  /**
   * Drains all agents, each before those on which it depends, and deploys no more. With `force`, also as a second
   * call, it waits for no request. It always ends, as each of its steps has its deadline.
   *
   * @param options.preDrainDelay milliseconds before it begins, in which the host is unready but still serves, so
   * that whoever sends requests here hears of it in time; 0 by default
   */
  shutdown(
    options?: PhaseOptions & { force?: boolean; preDrainDelay?: number },
  ): Promise<readonly AgentReport[]>;
}

const NO_MEMORY: HostPersistence = {
  assertSerializable: () => undefined,
  load: () => null,
  save: () => undefined,
  saveLater: () => undefined,
  delete: () => undefined,
};

/** What onError throws: there is nobody left to tell. */
const ignore = (): void => undefined;

const OPTIONS = [
  'drivers',
  'clock',
  'journalCapacity',
  'onError',
  'onOutput',
  'persistence',
] as const satisfies (keyof AgentHostOptions)[];

/**
 * A host of agents: one lifecycle actor for each, whose operations its driver carries out.
 *
 * @throws {InvalidValueError} for a bad or an unknown option
 */
export function createAgentHost(given: AgentHostOptions = {}): AgentHost {
  assertKnownKeys('AgentHostOptions', given, OPTIONS);
  const {
    drivers = {},
    clock = realTime,
    journalCapacity = 1_000,
    onError = () => undefined,
    onOutput = () => undefined,
    persistence = NO_MEMORY,
  } = given;
  parseWhole('journalCapacity', 1, journalCapacity);
  const report = (error: unknown, agent: Agent) => {
    callSafely(ignore, onError, error, agent);
  };
  const agents = new Map<string, Agent>();
  /** The agents as a list, until one more is deployed or one is removed. */
  let listed: readonly Agent[] | null = null;
  const dependencies = new DependencyGraph();
  const listeners = new Listeners<Parameters<AgentListener>>();
  const inspection = new Inspection();
  const watchers = new Listeners<Parameters<JournalListener>>();
  const requestListeners = new Listeners<Parameters<RequestEndListener>>();
  /** Earlier deployments whose end is under way. */
  const leaving = new Set<Agent>();
  let isShuttingDown = false;
  const forcing = new AbortController();

  const find = (name: string): Agent => {
    const found = agents.get(name);
    if (found === undefined) throw new AgentHostError({ code: 'UnknownAgent', agent: name });
    return found;
  };

  const driverFor = ({ driver }: AgentSpec): AgentDriverFactory => {
    if (typeof driver === 'function') return driver;
    const found = Object.hasOwn(drivers, driver) ? drivers[driver] : undefined;
    if (found === undefined) {
      throw new AgentHostError({ code: 'UnknownDriver', driver, known: Object.keys(drivers) });
    }
    return found;
  };

  /** One that was replaced, or is not deployed yet, is not what its name stands for. */
  const ifCurrent = (agent: Agent, then: () => void): void => {
    if (agents.get(agent.name) !== agent) return;
    callSafely((error) => {
      report(error, agent);
    }, then);
  };

  const context: HostContext = {
    driverFor,
    clock,
    sweep: new LimitSweep(clock),
    journalCapacity,
    inspection,
    requestListeners,
    agentNamed: (name) => agents.get(name),
    assertSerializable: ({ driver, options }) => {
      persistence.assertSerializable(options);
      if (persistence === NO_MEMORY || typeof driver === 'string') return;
      const expected = 'the name of a driver, where a host keeps its agents';
      throw new InvalidValueError({ field: 'driver', expected, received: driver });
    },
    onOutput: (output, agent) => {
      callSafely(
        (error) => {
          report(error, agent);
        },
        onOutput,
        output,
        agent,
      );
    },
    onError: report,
    onChange: (agent) => {
      ifCurrent(agent, () => {
        persistence.save(agent);
      });
    },
    onOccurrence: (agent) => {
      ifCurrent(agent, () => {
        persistence.saveLater(agent);
      });
    },
  };

  const create = (spec: ResolvedAgentSpec): Agent => {
    const existing = agents.get(spec.name);
    if (existing !== undefined && !existing.hasEnded) {
      throw new AgentHostError({ code: 'AgentExists', agent: spec.name, state: existing.state });
    }
    return new Agent(context, {
      spec,
      generation: (existing?.lastGeneration ?? 0) + 1,
      // What it holds, and not the journal: that has the agent before as a listener.
      journal: existing?.journal.past,
      past: existing === undefined ? persistence.load(spec.name) : null,
    });
  };

  const replace = (agent: Agent): void => {
    leaving.add(agent);
    void agent.remove().finally(() => leaving.delete(agent));
  };

  /** Its closures hold what is in it: nothing of an earlier agent may be. */
  const listenTo = (agent: Agent): void => {
    const onListenerError = (error: unknown) => {
      report(error, agent);
    };
    agent.subscribe((...event) => {
      listeners.notify(onListenerError, ...event);
    });
    agent.journal.subscribe((entry) => {
      watchers.notify(onListenerError, entry, agent);
    });
  };

  const admit = (agent: Agent): void => {
    const before = agents.get(agent.name);
    if (before !== undefined) replace(before);
    listenTo(agent);
    agents.set(agent.name, agent);
    listed = null;
    dependencies.set(agent);
    agent.activate();
  };

  const deployAll = (given: readonly AgentSpec[]): readonly Agent[] => {
    if (isShuttingDown) throw new AgentHostError({ code: 'HostShutDown' });
    const specs = given.map(resolveAgentSpec);
    const names = new Set<string>();
    for (const { name } of specs) {
      if (names.has(name)) throw new AgentHostError({ code: 'AgentExists', agent: name, state: 'unloaded' });
      names.add(name);
    }
    dependencies.assertSound(specs);
    const created: Agent[] = [];
    try {
      for (const spec of specs) created.push(create(spec));
    } catch (error) {
      for (const agent of created) void agent.remove();
      throw error;
    }
    for (const agent of created) admit(agent);
    return created;
  };

  const phases = (): Agent[][] => {
    // One that is being removed may be gone before those that were deployed meanwhile.
    const isThere = (name: string) => agents.has(name);
    const items = [...agents.values()].map(({ name, dependsOn }) => ({
      name,
      dependsOn: dependsOn.filter(isThere),
    }));
    return dependencyPhases(items).map((phase) => phase.map(({ name }) => find(name)));
  };

  return {
    get agents() {
      return (listed ??= Object.freeze([...agents.values()]));
    },
    get isShuttingDown() {
      return isShuttingDown;
    },
    agent: find,
    deploy: (spec) => {
      const [agent] = deployAll([spec]);
      return agent as Agent;
    },
    deployAll,
    run: async (given = {}) => {
      const options = parsePhaseOptions(given);
      const reports: StartReport[] = [];
      for (const phase of phases()) {
        const started = await startPhase(phase, context.agentNamed, clock, options);
        for (const report of started) reports.push(report);
      }
      return reports;
    },
    remove: async (name) => {
      const agent = find(name);
      const dependents = dependencies.dependentsOf(name);
      if (dependents.length > 0) throw new AgentHostError({ code: 'HasDependents', agent: name, dependents });
      const left = await agent.remove();
      ifCurrent(agent, () => {
        agents.delete(name);
        listed = null;
        dependencies.delete(name);
        persistence.delete(name);
      });
      return left;
    },
    health: () => Object.fromEntries([...agents].map(([name, agent]) => [name, healthOf(agent)])),
    subscribe: (listener) => listeners.add(listener),
    watch: (listener) => watchers.add(listener),
    onRequestEnd: (listener) => requestListeners.add(listener),
    inspect: (observer) => inspection.inspect(observer),
    shutdown: async (given = {}) => {
      const options = parsePhaseOptions(given, 'force', 'preDrainDelay');
      const { force = false, preDrainDelay = 0 } = given;
      parseWhole('preDrainDelay', 0, preDrainDelay);
      isShuttingDown = true;
      if (force) forcing.abort();
      await delay(clock, preDrainDelay, forcing.signal);
      const reports = new Map<string, AgentReport>();
      for (const phase of phases().reverse()) {
        const left = await shutDownPhase(phase, () => forcing.signal.aborted, clock, options);
        for (const report of left) reports.set(report.name, report);
      }
      await shutDownPhase([...leaving], () => forcing.signal.aborted, clock, options);
      return [...agents.keys()].flatMap((name) => reports.get(name) ?? []);
    },
  };
}
