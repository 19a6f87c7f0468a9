import type { StateTransitionError } from '../../values/state-transition-error.js';
import { causedBy } from '../../values/caused-by.js';
import { AgentHostError } from '../agent-host-error.js';
import type { Agent } from '../agent/agent.js';
import type { Clock } from '../../util/clock.js';
import type { AgentReport } from '../agent/agent-report.js';
import type { PhaseOptions } from './phase-options.js';

/** What came of an agent's start; without an error it runs. One that was not to run has a report only with an error. */
export interface StartReport {
  readonly name: string;
  readonly error: StateTransitionError | AgentHostError | null;
}

/** Runs agents side by side. When their time is over, those that do not run yet go on by themselves. */
export async function startPhase(
  agents: readonly Agent[],
  find: (name: string) => Agent | undefined,
  clock: Clock,
  { phaseTimeout }: PhaseOptions,
): Promise<StartReport[]> {
  const reports = new Map<string, StartReport>();
  const toRun = agents.filter(({ isToRun }) => isToRun);
  const others = agents.filter(({ isToRun }) => !isToRun);
  const caughtUp = others.map(async (agent) => {
    const { name } = agent;
    const error = await agent.catchUp();
    if (error !== null) reports.set(name, { name, error });
  });
  const starts = toRun.map(async (agent) => {
    const { name } = agent;
    reports.set(name, { name, error: problemBelow(agent, find) ?? (await bringUp(agent)) });
  });
  await within(clock, phaseTimeout, Promise.all([...starts, ...caughtUp]));
  const failed = others.flatMap(({ name }) => reports.get(name) ?? []);
  const started = toRun.map(({ name, state }) => {
    const late = new AgentHostError({
      code: 'StartTooSlow',
      agent: name,
      state,
      phaseTimeout: phaseTimeout ?? 0,
    });
    return reports.get(name) ?? { name, error: late };
  });
  return [...started, ...failed];
}

/** What is wrong with those on which an agent depends. */
function problemBelow(
  { name: agent, dependsOn }: Agent,
  find: (name: string) => Agent | undefined,
): AgentHostError | null {
  const dependency = dependsOn.find((each) => find(each)?.isServing !== true);
  if (dependency === undefined) return null;
  const down = find(dependency);
  // One that was being removed when this one was deployed.
  if (down === undefined) return new AgentHostError({ code: 'UnknownDependency', agent, dependency });
  const { state, failure } = down;
  return new AgentHostError({ code: 'DependencyDown', agent, dependency, state }, causedBy(failure));
}

/** Runs an agent, unless it runs, and waits for what its supervisor makes of a failure. */
async function bringUp(agent: Agent): Promise<StartReport['error']> {
  const isServing = () => agent.isServing;
  if (isServing()) return null;
  const { generation } = agent;
  const { error } = await agent.run();
  if (error === null) return null;
  await untilSettled(agent, generation);
  return isServing() ? null : error;
}

/**
 * Until nothing more comes of an agent by itself: it serves, or rests, or was given up.
 *
 * @param generation that was run; another is on its way, as its supervisor has it
 */
function untilSettled(agent: Agent, generation: number): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!isSettled(agent, generation)) return false;
      resolve();
      return true;
    };
    if (check()) return;
    const subscription = agent.onChange(() => {
      if (check()) subscription.unsubscribe();
    });
  });
}

function isSettled(agent: Agent, generation: number): boolean {
  const { isServing, supervision, state } = agent;
  if (isServing) return true;
  const isWanted = supervision === 'backingOff' || supervision === 'supervised';
  const isOnItsWay = agent.hasEnded || agent.generation !== generation;
  if (isWanted && isOnItsWay) return false;
  return state !== 'draining' && !agent.actor.getSnapshot().hasTag('transitioning');
}

/** Brings agents down side by side. When their time is over, no request is waited for any longer. */
export async function shutDownPhase(
  agents: readonly Agent[],
  isForced: () => boolean,
  clock: Clock,
  { phaseTimeout }: PhaseOptions,
): Promise<readonly AgentReport[]> {
  const shutDown = (force: boolean) => Promise.all(agents.map((agent) => agent.shutDown({ force })));
  const down = shutDown(isForced());
  await within(clock, phaseTimeout, down);
  // It has ended by now, or does so at once.
  if (phaseTimeout !== undefined) await shutDown(true);
  return down;
}

/** Waits for some work, for so long at most. */
async function within(clock: Clock, milliseconds: number | undefined, work: Promise<unknown>): Promise<void> {
  if (milliseconds === undefined) {
    await work;
    return;
  }
  let timer: unknown;
  const over = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([work, over]);
  } finally {
    clock.clearTimeout(timer);
  }
}
