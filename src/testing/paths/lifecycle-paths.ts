import { assertKnownKeys } from '../../values/assert-known-keys.js';
import { agentLifecycleChart } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentOperation } from '../../values/lifecycle-states.js';
import { InvalidValueError } from '../../values/invalid-value-error.js';
import { Capacity } from '../../values/capacity.js';
import { shortestPaths, simplePaths, type GraphPath } from './lifecycle-graph.js';
import { LifecycleModel } from '../lifecycle-model.js';
import { stepName, type LifecycleStep, type OperationOutcome, type StepResult } from '../lifecycle-step.js';
import { parseSubjectInput, type SubjectInput } from '../lifecycle-subject.js';

/**
 * How much of the chart the paths cover: each state; each transition; each pair of a state and a thing that can
 * happen, valid or not, with no and with two requests pending, and the boundaries, small capacities among them; or every way through the chart
 * that comes to no situation twice.
 */
export type PathCover = 'states' | 'transitions' | 'pairs' | 'simple';

/** All that paths can cover. */
export const PATH_COVERS: readonly PathCover[] = ['states', 'transitions', 'pairs', 'simple'];

/** What the paths cover, and the timeouts and the capacity of their agents. */
export interface LifecyclePathsOptions {
  /** `pairs` by default, which has all that `states` and `transitions` have. */
  readonly cover?: PathCover;
  /** The timeouts of the agents, and their capacity; the defaults of the lifecycle where they are not given. */
  readonly input?: Partial<SubjectInput>;
}

/** Steps that begin with a new agent, and what must hold after each. JSON only. */
export interface LifecyclePath {
  readonly name: string;
  readonly input: SubjectInput;
  readonly steps: readonly ExpectedStep[];
}

/** A step, when it is taken, and what holds after it. */
export interface ExpectedStep {
  readonly step: LifecycleStep;
  /** Simulated time after the step, in milliseconds since the agent was made. */
  readonly at: number;
  readonly expected: StepResult;
}

/** Stands for every event that the chart does not know. */
const UNKNOWN_EVENT = 'agent.dance';
const PENDING_COVERED = [0, 2];
const SMALL_CAPACITIES = [1, 2];
/** Longer than any deadline. */
const LONG_TIME = 3_600_000;

/**
 * Deterministic, bounded paths through the chart, each with what the chart says must come of its steps.
 *
 * @throws {InvalidValueError} for a cover that there is not, and timeouts or a capacity that no agent may have
 */
export function lifecyclePaths(options: LifecyclePathsOptions = {}): LifecyclePath[] {
  assertKnownKeys('LifecyclePathsOptions', options, ['cover', 'input']);
  const { cover = 'pairs', input } = options;
  if (!PATH_COVERS.includes(cover)) {
    const expected = `one of ${PATH_COVERS.join(', ')}`;
    throw new InvalidValueError({ field: 'cover', expected, received: cover });
  }
  const resolved = parseSubjectInput(input);
  const paths = stepsFor(cover, resolved).map((steps) => ({
    name: nameOf(steps),
    input: resolved,
    steps: expectedSteps(steps, resolved),
  }));
  return cover === 'pairs' && resolved.capacity === undefined
    ? [...paths, ...SMALL_CAPACITIES.flatMap((capacity) => capacityPaths({ ...resolved, capacity }))]
    : paths;
}

/** Some steps, with what the chart says of them. */
export function expectedSteps(steps: readonly LifecycleStep[], input: SubjectInput): ExpectedStep[] {
  const model = new LifecycleModel(input);
  return steps.map((step) => {
    const expected = model.apply(step);
    return { step, at: model.now, expected };
  });
}

/** What the capacity decides: whether a request is taken, wherever as many as may be are pending. */
function capacityPaths(input: SubjectInput & { readonly capacity: number }): LifecyclePath[] {
  const { capacity } = input;
  return shortestPaths(capacity, capacity)
    .filter(({ pending }) => pending === capacity)
    .map((path) => stepsOf(path, input))
    .filter((full) => replay(full, input).snapshot.status === 'active')
    .flatMap((full) => {
      const [accept, complete] = [sendOf('request.accept'), sendOf('request.complete')];
      return [
        [...full, accept],
        [...full, complete, accept, accept],
      ];
    })
    .map((steps) => ({
      name: `${nameOf(steps)}, with a capacity of ${capacity}`,
      input,
      steps: expectedSteps(steps, input),
    }));
}

function pendingCovered({ capacity = Capacity.default }: SubjectInput): readonly number[] {
  return PENDING_COVERED.map((pending) => Math.min(pending, capacity));
}

/** Each thing that can happen in each situation with some numbers of requests pending, by the shortest way there. */
export function pairSteps(
  input: SubjectInput,
  covered: readonly number[] = pendingCovered(input),
): LifecycleStep[][] {
  return shortestPaths(Math.max(...covered), input.capacity)
    .filter(({ pending }) => covered.includes(pending))
    .flatMap((path) => {
      const before = stepsOf(path, input);
      return stimuliAfter(before, input).map((step) => [...before, step]);
    });
}

function stepsFor(cover: PathCover, input: SubjectInput): LifecycleStep[][] {
  switch (cover) {
    case 'states':
      return shortestToLeaves().map((path) => stepsOf(path, input));
    case 'transitions':
      return pairSteps(input, [0, 1, 2]).filter((steps) => isLastTaken(steps, input));
    case 'pairs':
      return [...pairSteps(input), ...boundarySteps(input)];
    case 'simple':
      return simplePaths(1).map((path) => stepsOf(path, input));
  }
}

function shortestToLeaves(): GraphPath[] {
  const shortest = new Map<string, GraphPath>();
  for (const path of shortestPaths(1)) {
    const known = shortest.get(path.leaf);
    if (known === undefined || path.events.length < known.events.length) shortest.set(path.leaf, path);
  }
  return [...shortest.values()];
}

function stimuliAfter(before: readonly LifecycleStep[], input: SubjectInput): LifecycleStep[] {
  const { events, operations } = agentLifecycleChart;
  const deadline = replay(before, input).untilDeadline;
  return [
    ...[...events, UNKNOWN_EVENT].map(sendOf),
    ...operations.flatMap((operation): LifecycleStep[] => [
      done(operation),
      { do: 'settle', operation, outcome: { type: 'error', message: 'boom' } },
    ]),
    ...(deadline === null ? [LONG_TIME] : [deadline - 1, deadline]).map((ms): LifecycleStep => ({
      do: 'advance',
      ms,
    })),
  ];
}

/** What lies beyond the pairs: results that come late, the last request, the capacity, deadlines after others. */
function boundarySteps(input: SubjectInput): LifecycleStep[][] {
  const leaves = shortestToLeaves();
  const to = (leaf: string) => stepsOf(pathTo(leaves, leaf), input);
  const running = to('running.serving');
  const { capacity = Capacity.default } = input;
  const accepts = Array.from({ length: capacity + 1 }, () => sendOf('request.accept'));
  const full = [...running, ...accepts];
  const draining = [...running, sendOf('request.accept'), sendOf('agent.drain')];
  const both = input.drainTimeout + input.transitionTimeout;
  const loading = [sendOf('agent.load'), sendOf('agent.unload')];
  const instantiating = [...to('loaded.instantiating'), sendOf('agent.unload')];
  const starting = [...to('ready.starting'), sendOf('agent.stop')];
  return [
    [...loading, done('loading'), sendOf('agent.load'), done('loading')],
    [...loading, { do: 'advance', ms: LONG_TIME }],
    [...instantiating, done('instantiating'), done('unloading')],
    [...starting, done('starting'), done('stopping')],
    [...full, sendOf('request.complete'), sendOf('request.accept')],
    [...draining, sendOf('request.complete')],
    [
      ...running,
      sendOf('request.accept'),
      sendOf('request.accept'),
      sendOf('agent.drain'),
      sendOf('request.complete'),
      sendOf('request.complete'),
    ],
    // An operation has its whole time, whatever went before.
    ...[instantiating, starting].map((steps): LifecycleStep[] => [
      ...steps.slice(0, -1),
      { do: 'advance', ms: Math.ceil(input.transitionTimeout / 2) },
      ...steps.slice(-1),
      { do: 'advance', ms: input.transitionTimeout - 1 },
      { do: 'advance', ms: 1 },
    ]),
    [...full, sendOf('agent.drain'), sendOf('request.accept')],
    [...running, { do: 'send', event: { type: 'agent.fail' } }],
    [...draining, { do: 'advance', ms: both - 1 }, { do: 'advance', ms: 1 }],
    [...draining, { do: 'advance', ms: both }],
  ];
}

function pathTo(leaves: readonly GraphPath[], leaf: string): GraphPath {
  const path = leaves.find((each) => each.leaf === leaf);
  if (path === undefined) throw new Error(`No path leads to ${leaf}`);
  return path;
}

function stepsOf(path: GraphPath, input: SubjectInput): LifecycleStep[] {
  const model = new LifecycleModel(input);
  return path.events.map(({ type }) => {
    const step = stepOf(type, model);
    model.apply(step);
    return step;
  });
}

/** How an event of the chart is brought about from outside. */
function stepOf(type: string, model: LifecycleModel): LifecycleStep {
  if (!type.startsWith('xstate.')) return sendOf(type);
  const [, kind, , id] = type.split('.');
  if (kind === 'after') return { do: 'advance', ms: model.untilDeadline ?? 0 };
  const outcome: OperationOutcome = kind === 'done' ? { type: 'done' } : { type: 'error', message: 'boom' };
  return { do: 'settle', operation: id as AgentOperation, outcome };
}

function sendOf(type: string): LifecycleStep {
  return { do: 'send', event: type === 'agent.fail' ? { type, reason: 'told to' } : { type } };
}

function done(operation: AgentOperation): LifecycleStep {
  return { do: 'settle', operation, outcome: { type: 'done' } };
}

function isLastTaken(steps: readonly LifecycleStep[], input: SubjectInput): boolean {
  const before = replay(steps.slice(0, -1), input);
  const { snapshot } = before;
  before.apply(steps.at(-1) as LifecycleStep);
  return before.snapshot !== snapshot;
}

function replay(steps: readonly LifecycleStep[], input: SubjectInput): LifecycleModel {
  const model = new LifecycleModel(input);
  for (const step of steps) model.apply(step);
  return model;
}

/** The chain of what happens; what happens many times on end is counted. */
function nameOf(steps: readonly LifecycleStep[]): string {
  const runs: { name: string; count: number }[] = [];
  for (const name of steps.map(stepName)) {
    const last = runs.at(-1);
    if (last?.name === name) last.count++;
    else runs.push({ name, count: 1 });
  }
  return runs.map(({ name, count }) => (count === 1 ? name : `${count} × ${name}`)).join(' → ') || 'nothing';
}
