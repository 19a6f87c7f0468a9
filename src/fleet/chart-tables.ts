import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { descriptorsTried } from '../accelerate/descriptors-tried.js';
import { withAncestors } from '../accelerate/with-ancestors.js';
import { countingOf, countOf, type Counting } from './counting.js';
import { programOf, type Program } from './program.js';
import { Reactions } from './reactions.js';
import { acting, guardOf, inState, stepOf, unsupported, type Guard, type Port, type Step } from './step.js';
import { agentLifecycleChart } from '../../machines/agent-lifecycle.machine.js';

/** A state that has no children. */
export interface Leaf {
  readonly node: AnyStateNode;
  /** Whether the lifecycle has ended there. */
  readonly isFinal: boolean;
  readonly reactions: Reactions;
  /** What is tried after each event. */
  readonly always: readonly Program[];
  /** The event of the deadline that is armed there, if one is. */
  readonly deadline: string | null;
}

/** A chart as tables: what each event does in each leaf. */
export interface ChartTables {
  readonly leaves: readonly Leaf[];
  /** What is tried before all else: it does what the first program for an event would do. */
  readonly counting: Counting;
  /** What the chart does as an agent is made. */
  readonly begin: Program;
}

/**
 * Reads a machine: its states and transitions, and its own guards and actions among them.
 *
 * @throws {FleetError} `UnsupportedChart` for states that are none of the lifecycle, parallel and history states, events
 *   by part of their name, events that the chart raises itself, two deadlines at once, and whatever else only XState can
 *   carry out
 */
export function readTables(port: Port): ChartTables {
  const nodes = withDescendants(port.machine.root);
  const { root } = port.machine;
  for (const node of nodes) within(node, checkNode);
  within(root, () => {
    checkMachine(port.machine, nodes);
  });
  const leafNodes = nodes.filter(isLeaf);
  const compiler = { port, leafNodes };
  return {
    leaves: leafNodes.map((node) => within(node, () => leafOf(compiler, node))),
    counting: countingOf(
      port,
      leafNodes.map((node) => within(node, () => countsIn(port, node))),
    ),
    begin: within(root, () => entering(compiler, [], root, [root], null)),
  };
}

/** Names the state in the error of what a fleet does not support there. */
function within<Result>(node: AnyStateNode, read: (node: AnyStateNode) => Result): Result {
  try {
    return read(node);
  } catch (error) {
    throw inState(node, error);
  }
}

interface Compiler {
  readonly port: Port;
  readonly leafNodes: readonly AnyStateNode[];
}

function leafOf(compiler: Compiler, node: AnyStateNode): Leaf {
  const chain = withAncestors(node);
  const deadlines = chain.flatMap(({ after }) => after.map(({ eventType }) => String(eventType)));
  if (new Set(deadlines).size > 1) throw unsupported('two deadlines at once');
  // Many events have the same.
  const programs = new Map<AnyTransitionDefinition, Program>();
  const programsOf = (transitions: readonly AnyTransitionDefinition[]) =>
    transitions.map((transition) => {
      const program =
        programs.get(transition) ?? within(transition.source, () => taking(compiler, node, transition));
      programs.set(transition, program);
      return program;
    });
  const events = eventsOf(compiler.port);
  return {
    node,
    isFinal: node.type === 'final',
    reactions: new Reactions(
      new Map(events.map((type) => [type, programsOf(transitionsOn(chain, type))])),
      programsOf(transitionsOn(chain, '*')),
    ),
    always: programsOf(eventlessIn(chain)),
    deadline: deadlines[0] ?? null,
  };
}

/** What counts in a leaf: nothing where eventless transitions would come after it. */
function countsIn(port: Port, node: AnyStateNode) {
  const chain = withAncestors(node);
  const types = eventlessIn(chain).length === 0 ? eventsOf(port) : [];
  const counts = types.map((type) => [type, countOf(port, transitionsOn(chain, type)[0])] as const);
  return new Map(counts.flatMap(([type, count]) => (count === null ? [] : [[type, count]])));
}

/** Every event that a chart names. */
function eventsOf({ machine }: Port): string[] {
  const types = withDescendants(machine.root).flatMap(({ transitions }) => [...transitions.keys()]);
  return [...new Set(types)].filter((type) => type !== '*');
}

/** What is tried for an event, innermost state first, and in each its own before those for all events. */
function transitionsOn(chain: readonly AnyStateNode[], type: string): AnyTransitionDefinition[] {
  return chain.flatMap((node) =>
    descriptorsTried(node, type).flatMap((each) => node.transitions.get(each) ?? []),
  );
}

function eventlessIn(chain: readonly AnyStateNode[]): AnyTransitionDefinition[] {
  return chain.flatMap(({ always }): AnyTransitionDefinition[] => always ?? []);
}

function taking(compiler: Compiler, from: AnyStateNode, transition: AnyTransitionDefinition): Program {
  const { port } = compiler;
  const guard = !transition.guard ? null : guardOf(port, transition.guard);
  const actions = transition.actions.map((action) => stepOf(port, action));
  const target = transition.target?.[0];
  if (target === undefined) return programOf(port, { guard, steps: actions, target: null });
  const domain = domainOf(transition, target);
  const exited = withAncestors(from).filter(
    (node) => isWithin(node, domain) || (transition.reenter && node === transition.source && node === domain),
  );
  const entered = [
    ...withAncestors(target).filter((node) => exited.includes(node) || isWithin(node, domain)),
  ].reverse();
  const steps = [...exited.flatMap((node) => exitSteps(port, node)), ...actions];
  return entering(compiler, steps, target, entered, guard);
}

/** The innermost state that a transition does not leave. */
function domainOf({ source, reenter }: AnyTransitionDefinition, target: AnyStateNode): AnyStateNode {
  if (!reenter && (target === source || isWithin(target, source))) return source;
  const common = withAncestors(target)
    .slice(1)
    .find((node) => isWithin(source, node));
  return common ?? source.machine.root;
}

/** What entering some states does, down to a leaf, and what comes of it when that is a final one. */
function entering(
  compiler: Compiler,
  before: readonly Step[],
  target: AnyStateNode,
  entered: readonly AnyStateNode[],
  guard: Guard | null,
): Program {
  const { port, leafNodes } = compiler;
  const byDefault = initialStatesOf(target);
  const leaf = byDefault.at(-1) ?? target;
  const steps = [
    ...before,
    ...entered.flatMap((node) => entrySteps(port, node, node === target)),
    ...byDefault.flatMap((node) => entrySteps(port, node, true)),
  ];
  if (leaf.type === 'final') {
    steps.push(...withAncestors(leaf).flatMap(({ exit }) => exit.map((action) => stepOf(port, action))));
  }
  return programOf(port, { guard, steps, target: leafNodes.indexOf(leaf) });
}

/** @param isToEnterInitial whether the state's own initial child is entered next, and no other */
function entrySteps(port: Port, node: AnyStateNode, isToEnterInitial: boolean): Step[] {
  const initial = isToEnterInitial && node.type === 'compound' ? node.initial.actions : [];
  return [
    ...within(node, () => node.entry.map((action) => stepOf(port, action))),
    ...node.invoke.map(({ input }) => beginStep(port, input)),
    ...initial.map((action) => stepOf(port, action)),
  ];
}

/** @param input of the operation: a function, or the value itself */
function beginStep(port: Port, input: unknown): Step {
  const inputNow = () =>
    typeof input === 'function' ? (input as (args: object) => unknown)(port.args) : input;
  return acting(() => {
    port.begin(inputNow);
  });
}

function exitSteps(port: Port, node: AnyStateNode): Step[] {
  return within(node, () => node.exit.map((action) => stepOf(port, action)));
}

function initialStatesOf(node: AnyStateNode): AnyStateNode[] {
  const first = node.type === 'compound' ? node.initial.target[0] : undefined;
  return first === undefined ? [] : [first, ...initialStatesOf(first)];
}

/** What a fleet has columns for is the lifecycle: its context, its top states and its operations. */
function checkMachine({ config, root }: AnyStateMachine, nodes: readonly AnyStateNode[]): void {
  if (root.type !== 'compound') throw unsupported('a machine without states');
  if (typeof (config as { readonly context?: unknown }).context !== 'function') {
    throw unsupported('a context that is not a function of the input of an agent');
  }
  if (nodes.filter(isLeaf).length > MAX_LEAVES) throw unsupported(`more than ${MAX_LEAVES} states`);
}

/** The column of them has a byte an agent. */
const MAX_LEAVES = 2 ** 8;

function checkNode(node: AnyStateNode): void {
  if (node.type === 'parallel' || node.type === 'history') throw unsupported(`a ${node.type} state`);
  const [top] = node.path;
  const states: readonly string[] = agentLifecycleChart.states;
  if (top !== undefined && !states.includes(top)) throw unsupported('a state that is none of the lifecycle');
  if (node.type === 'final' && node.path.length > 1) throw unsupported('a final state within another state');
  for (const [descriptor, transitions] of node.transitions) {
    if (descriptor.endsWith('.*')) throw unsupported(`a transition on ${descriptor}`);
    if (transitions.some(({ target = [] }) => target.length > 1)) throw unsupported('two targets at once');
  }
  if (node.transitions.has(`xstate.done.state.${node.id}`)) throw unsupported('onDone of a state');
  if (node.transitions.has('xstate.route')) throw unsupported('routes');
  checkActors(node);
}

/** An actor is the one operation that an agent can have in flight; it runs elsewhere, and tells its end alone. */
function checkActors({ invoke }: AnyStateNode): void {
  const operations: readonly string[] = agentLifecycleChart.operations;
  for (const { id, onSnapshot } of invoke as readonly { id: string; onSnapshot?: unknown }[]) {
    if (!operations.includes(id)) throw unsupported(`the actor ${id}, which is no operation`);
    if (onSnapshot !== undefined) throw unsupported(`onSnapshot of the actor ${id}`);
  }
  if (invoke.length > 1) throw unsupported('two actors at once');
}

function isLeaf({ type }: AnyStateNode): boolean {
  return type === 'atomic' || type === 'final';
}

function isWithin(node: AnyStateNode, ancestor: AnyStateNode): boolean {
  return node !== ancestor && withAncestors(node).includes(ancestor);
}

function withDescendants(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values<AnyStateNode>(node.states).flatMap(withDescendants)];
}
