import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { withAncestors } from '../accelerate/with-ancestors.js';
import { countingOf, countOf, type Counting } from './counting.js';
import { programOf, type Program } from './program.js';
import { Reactions } from './reactions.js';
import { acting, guardOf, stepOf, unsupported, type Guard, type Port, type Step } from './step.js';

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
 * @throws {FleetError} `UnsupportedChart` for parallel and history states, events by part of their name, events that
 *   the chart raises itself, two deadlines at once, and whatever else only XState can carry out
 */
export function readTables(port: Port): ChartTables {
  const nodes = withDescendants(port.machine.root);
  for (const node of nodes) checkNode(node);
  const leafNodes = nodes.filter(({ type }) => type === 'atomic' || type === 'final');
  const compiler = { port, leafNodes };
  return {
    leaves: leafNodes.map((node) => leafOf(compiler, node)),
    counting: countingOf(
      port,
      leafNodes.map((node) => countsIn(port, node)),
    ),
    begin: entering(compiler, [], port.machine.root, [port.machine.root], null),
  };
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
      const program = programs.get(transition) ?? taking(compiler, node, transition);
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
  const descriptors = new Set([type, '*']);
  return chain.flatMap(({ transitions }) => [...descriptors].flatMap((each) => transitions.get(each) ?? []));
}

function eventlessIn(chain: readonly AnyStateNode[]): AnyTransitionDefinition[] {
  return chain.flatMap(({ always }): AnyTransitionDefinition[] => always ?? []);
}

function taking(compiler: Compiler, from: AnyStateNode, transition: AnyTransitionDefinition): Program {
  const { port } = compiler;
  const guard = transition.guard === undefined ? null : guardOf(port, transition.guard);
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
    if (leaf.parent !== port.machine.root) throw unsupported('a final state within another state');
    steps.push(...withAncestors(leaf).flatMap(({ exit }) => exit.map((action) => stepOf(port, action))));
  }
  return programOf(port, { guard, steps, target: leafNodes.indexOf(leaf) });
}

/** @param isToEnterInitial whether the state's own initial child is entered next, and no other */
function entrySteps(port: Port, node: AnyStateNode, isToEnterInitial: boolean): Step[] {
  const initial = isToEnterInitial && node.type === 'compound' ? node.initial.actions : [];
  return [
    ...node.entry.map((action) => stepOf(port, action)),
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
  return node.exit.map((action) => stepOf(port, action));
}

function initialStatesOf(node: AnyStateNode): AnyStateNode[] {
  const first = node.type === 'compound' ? node.initial.target[0] : undefined;
  return first === undefined ? [] : [first, ...initialStatesOf(first)];
}

function checkNode(node: AnyStateNode): void {
  if (node.type === 'parallel' || node.type === 'history') throw unsupported(`a ${node.type} state`);
  for (const [descriptor, transitions] of node.transitions) {
    if (descriptor.endsWith('.*')) throw unsupported(`a transition on ${descriptor}`);
    if (transitions.some(({ target = [] }) => target.length > 1)) throw unsupported('two targets at once');
  }
  if (node.transitions.has(`xstate.done.state.${node.id}`)) throw unsupported('onDone of a state');
}

function isWithin(node: AnyStateNode, ancestor: AnyStateNode): boolean {
  return node !== ancestor && withAncestors(node).includes(ancestor);
}

function withDescendants(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values<AnyStateNode>(node.states).flatMap(withDescendants)];
}
