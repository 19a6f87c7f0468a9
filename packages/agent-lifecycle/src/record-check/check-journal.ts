import { createActor, transition } from 'xstate';
import * as z from 'zod';
import {
  agentLifecycleChart,
  type AgentLifecycleEvent,
  agentLifecycleMachine,
  statePath,
} from 'xstate-agent-lifecycle';
import { IDENTITY } from 'xstate-agent-lifecycle/testing';
import { recordedEntrySchema } from '../wire/journal-entry.js';

const transitionSchema = z.looseObject({
  type: z.literal('transition'),
  from: z.string(),
  to: z.string(),
  event: z.string().nullable(),
  failureReason: z.string().nullable(),
  pendingRequests: z.int().min(0),
});

/** What a host says first of an instance that the end of an earlier one has cut short. */
const interruptionSchema = z.looseObject({
  type: z.literal('interrupted'),
  state: z.string().refine((state) => agentLifecycleChart.leaves.has(state), 'expected a state of the chart'),
});

type Transition = z.output<typeof transitionSchema>;

/** The first line of each run of a host in a record. */
export const RECORDING = 'recording';

export type JournalVerdict =
  | { readonly isSound: true; readonly agents: number; readonly steps: number }
  /** @property line counted from 1 */
  | { readonly isSound: false; readonly line: number; readonly problem: string };

/** Holds a recorded journal against the chart, up to the first step that the chart could not have taken. */
export function checkJournal(lines: readonly string[]): JournalVerdict {
  /** Where each instance of each agent stands. */
  const courses = new Map<string, Map<number, string>>();
  const sequences = new Map<string, number>();
  const agents = new Set<string>();
  const generations = new Set<string>();
  let steps = 0;
  let isBegun = false;
  let isInRun = false;
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const fail = (problem: string): JournalVerdict => ({ isSound: false, line: index + 1, problem });
    const json = parsed(line);
    if (json === undefined && isBegun && isTorn(lines, index)) continue;
    if (json === undefined) return fail('It is not JSON');
    isBegun = true;
    if (isRecording(json)) {
      isInRun = true;
      courses.clear();
      sequences.clear();
      generations.clear();
      continue;
    }
    const entry = recordedEntrySchema.safeParse(json);
    if (!entry.success) return fail(z.prettifyError(entry.error));
    const { agent, generation, sequence, type } = entry.data;
    if (type === 'deployed' && sequence === 1) {
      // Under the name of one that has ended, with a journal of its own.
      sequences.delete(agent);
      courses.delete(agent);
    }
    // A host that goes on with the agents of an earlier one goes on with their journals, too: by no step, at first.
    const first = isInRun && type !== 'transition' ? sequence : 1;
    const due = (sequences.get(agent) ?? first - 1) + 1;
    if (sequence !== due) return fail(`Expected entry ${due} of ${agent}, received ${sequence}`);
    sequences.set(agent, sequence);
    agents.add(agent);
    if (type === 'deployed' || type === 'interrupted') generations.add(`${generation} ${agent}`);
    if (type === 'interrupted') {
      const left = interruptionSchema.safeParse(json);
      if (!left.success) return fail(z.prettifyError(left.error));
      const course = courses.get(agent) ?? new Map<number, string>();
      courses.set(agent, course.set(generation, left.data.state));
    }
    if (type !== 'transition') continue;
    const taken = transitionSchema.safeParse(json);
    if (!taken.success) return fail(z.prettifyError(taken.error));
    if (!generations.has(`${generation} ${agent}`)) {
      return fail(`${agent}, generation ${generation}: it was never deployed`);
    }
    const course = courses.get(agent) ?? new Map<number, string>();
    const problem = problemOf(course.get(generation) ?? INITIAL, taken.data);
    if (problem !== null) return fail(`${agent}, generation ${generation}: ${problem}`);
    courses.set(agent, course.set(generation, taken.data.to));
    steps++;
  }
  if (agents.size === 0) return { isSound: false, line: 1, problem: 'It has no entries' };
  return { isSound: true, agents: agents.size, steps };
}

const initial = createActor(agentLifecycleMachine, { input: IDENTITY }).getSnapshot();
const INITIAL = statePath(initial.value);

/** What the chart has against a step; null when it could have taken it. */
function problemOf(leaf: string, { from, to, event, failureReason, pendingRequests }: Transition) {
  if (from !== leaf) return `it was ${leaf}, and is said to have been ${from}`;
  // The host tells of changes only; an event that the chart does not take changes nothing.
  if (from === to) return `it is said to have gone from ${from} to where it was`;
  if (event !== null && !EVENTS.includes(event)) return `${event} is no event of the chart`;
  if ((failureReason !== null) !== (to === 'failed')) return `it is ${to} with the reason ${failureReason}`;
  const events = event === null ? EVENTS : [event];
  // The count is told as it was after the step, which may have counted down.
  const isPossible = events.some((type) =>
    [pendingRequests, pendingRequests + 1].some((pending) => {
      const after = stepFrom(from, pending, type);
      return after.leaf === to && after.pendingRequests === pendingRequests;
    }),
  );
  return isPossible ? null : `${event ?? 'no event'} does not lead from ${from} to ${to}`;
}

const EVENTS: readonly string[] = eventTypes();

function eventTypes(): string[] {
  const nodes = [agentLifecycleMachine.root, ...Object.values(agentLifecycleMachine.root.states)];
  return nodes
    .flatMap((node) => [node, ...Object.values(node.states)])
    .flatMap((node) => [...node.transitions.keys()])
    .filter((type) => type !== '*');
}

function stepFrom(from: string, pendingRequests: number, type: string) {
  const [top = '', child] = from.split('.');
  const value = (child === undefined ? top : { [top]: child }) as typeof initial.value;
  const context = { ...initial.context, pendingRequests } as typeof initial.context;
  const snapshot = agentLifecycleMachine.resolveState({ value, context });
  const [after] = transition(agentLifecycleMachine, snapshot, { type } as AgentLifecycleEvent);
  return { leaf: statePath(after.value), pendingRequests: Number(after.context.pendingRequests) };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether a line is the last of its run: a host that is killed may leave it unfinished. */
function isTorn(lines: readonly string[], index: number): boolean {
  if (lines[index]?.startsWith('{') !== true) return false;
  const next = lines.slice(index + 1).find((line) => line.trim() !== '');
  return next === undefined || isRecording(parsed(next));
}

function isRecording(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'type' in json && json.type === RECORDING;
}
