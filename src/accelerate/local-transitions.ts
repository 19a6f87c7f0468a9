import type {
  AnyActorScope,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  AnyTransitionDefinition,
} from 'xstate';
import { descriptorsTried } from './descriptors-tried.js';
import { isUnguarded, LocalTransition } from './local-transition.js';
import { derivedOf, isKnownSnapshot, type InternalSnapshot } from './machine-snapshot.js';
import { withAncestors } from './with-ancestors.js';

/** What XState would try for an event, in its order. */
interface Reaction {
  readonly type: string;
  readonly transitions: readonly LocalTransition[];
}

/** What is known of one leaf of a chart. */
interface Leaf {
  readonly node: AnyStateNode;
  /** How many states are active in it; none where XState takes everything. */
  readonly depth: number;
  /** They are few: walking them is faster than a table. */
  readonly reactions: readonly Reaction[];
  /** For all other events. Null where XState takes them. */
  readonly otherwise: readonly LocalTransition[] | null;
  /** What is tried after each event. */
  readonly always: readonly LocalTransition[];
}

/** Has XState take transitions that are selected already. */
export type TakeSelected = (
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
  scope: AnyActorScope,
  transitions: readonly AnyTransitionDefinition[],
) => AnyMachineSnapshot;

/** Selects the transitions of a machine, and takes those that stay where they are and only assign. */
export class LocalTransitions {
  readonly #machine: AnyStateMachine;
  readonly #takeSelected: TakeSelected;
  readonly #leaves: Leaf[] = [];

  constructor(machine: AnyStateMachine, takeSelected: TakeSelected) {
    this.#machine = machine;
    this.#takeSelected = takeSelected;
  }

  /**
   * The snapshot after an event; null for what is left to XState, to which nothing has happened yet. What user code was
   * asked here XState does not ask again: it is told which transition was selected.
   */
  take(snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: AnyActorScope): AnyMachineSnapshot | null {
    if (!this.#isOwn(snapshot)) return null;
    const inspect = inspectionOf(scope);
    if (inspect === undefined) return null;
    const derived = derivedOf(snapshot, scope);
    const leaf = this.#leafOf(snapshot);
    if (derived === undefined || leaf === null) return null;
    const transitions = transitionsFor(leaf, event);
    if (transitions === null) return null;
    const selected = select(transitions, snapshot, event);
    const next = selected === undefined ? snapshot : selected.apply(snapshot, derived, event, scope);
    const taken = selected === undefined ? [] : selected.taken;
    if (next === null) return this.#takeSelected(snapshot, event, scope, taken);
    inspect({
      type: '@xstate.microstep',
      actorRef: scope.self,
      event,
      snapshot: next,
      _transitions: taken,
    });
    const eventless = leaf.always.length === 0 ? undefined : select(leaf.always, next, event);
    return eventless === undefined ? next : this.#takeSelected(next, event, scope, eventless.taken);
  }

  #isOwn(snapshot: AnyMachineSnapshot): snapshot is InternalSnapshot {
    return snapshot.machine === this.#machine && snapshot.status === 'active';
  }

  #leafOf(snapshot: InternalSnapshot): Leaf | null {
    const { _nodes: nodes } = snapshot;
    const node = nodes[nodes.length - 1];
    if (node === undefined) return null;
    const leaf = this.#leaves[node.order] ?? this.#compile(node, snapshot);
    // As many as there are between the root and the leaf: the active states are these and no others.
    return leaf.node === node && leaf.depth === nodes.length ? leaf : null;
  }

  #compile(node: AnyStateNode, snapshot: InternalSnapshot): Leaf {
    const leaf = isKnownSnapshot(snapshot) && !isBounded(this.#machine) ? compiled(node) : left(node);
    this.#leaves[node.order] = leaf;
    return leaf;
  }
}

function select(
  transitions: readonly LocalTransition[],
  snapshot: InternalSnapshot,
  event: AnyEventObject,
): LocalTransition | undefined {
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator takes a tenth of the time of an event
  for (let at = 0; at < transitions.length; at++) {
    const each = transitions[at] as LocalTransition;
    if (each.holds(snapshot, event)) return each;
  }
  return undefined;
}

type Inspect = (event: object) => void;

function inspectionOf(scope: AnyActorScope): Inspect | undefined {
  return (scope as { system?: { _sendInspectionEvent?: Inspect } } | undefined)?.system?._sendInspectionEvent;
}

/** XState counts its steps there, and would not count those that are taken here. */
function isBounded(machine: AnyStateMachine): boolean {
  // Older versions of XState have no such options.
  const { options } = machine as { readonly options?: { readonly maxIterations?: number } };
  const most = options?.maxIterations;
  return most !== undefined && most !== Infinity;
}

function transitionsFor(leaf: Leaf, event: AnyEventObject): readonly LocalTransition[] | null {
  const type = (event as AnyEventObject | null | undefined)?.type;
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator takes a tenth of the time of an event
  for (let at = 0; at < leaf.reactions.length; at++) {
    const reaction = leaf.reactions[at] as Reaction;
    if (reaction.type === type) return reaction.transitions;
  }
  // What comes of XState's own events is not only what transitions say.
  return typeof type === 'string' && !type.startsWith('xstate.') ? leaf.otherwise : null;
}

function left(node: AnyStateNode): Leaf {
  return { node, depth: 0, reactions: [], otherwise: null, always: [] };
}

function compiled(node: AnyStateNode): Leaf {
  const chain = withAncestors(node);
  const always = chain.flatMap((each): AnyTransitionDefinition[] => each.always ?? []);
  if (chain.some(({ type }) => type === 'parallel') || !always.every((each) => isLeaving(chain, each))) {
    return left(node);
  }
  const types = new Set(chain.flatMap(({ transitions }) => [...transitions.keys()]));
  const reactions = [...types].filter(isOwnEvent).flatMap((type): Reaction[] => {
    const transitions = localTransitions(chain, type);
    return transitions === null ? [] : [{ type, transitions }];
  });
  const hasOthers = chain.every((each) => [...each.transitions.keys()].every((name) => !isPartial(name)));
  return {
    node,
    depth: chain.length,
    reactions: reactions.sort((one, other) => rankOf(one) - rankOf(other)),
    otherwise: hasOthers ? localTransitions(chain, null) : null,
    always: always.map((definition) => new LocalTransition(definition)),
  };
}

/** Whether other states are active after it: one that changes nothing would be tried once more. */
function isLeaving(chain: readonly AnyStateNode[], { target }: AnyTransitionDefinition): boolean {
  return (
    target !== undefined &&
    target.some((node) => !chain.includes(node)) &&
    target.every(({ type }) => type !== 'history')
  );
}

function isOwnEvent(descriptor: string): boolean {
  return !descriptor.startsWith('xstate.') && !descriptor.endsWith('*');
}

/** Such as `request.*`. */
function isPartial(descriptor: string): boolean {
  return descriptor.endsWith('*') && descriptor !== '*';
}

/** Those that may be taken here are looked for first. */
function rankOf({ transitions }: Reaction): number {
  return transitions[0]?.definition.target === undefined ? 0 : 1;
}

/**
 * What XState tries for an event, up to the first transition without a guard. Null where an event by part of its name
 * is among it.
 *
 * @param type null for events that no state names
 */
function localTransitions(
  chain: readonly AnyStateNode[],
  type: string | null,
): readonly LocalTransition[] | null {
  const tried: LocalTransition[] = [];
  for (const node of chain) {
    const { transitions } = node;
    const hasPartial = [...transitions.keys()].some(isPartial);
    for (const descriptor of descriptorsTried(node, type ?? '*')) {
      if (descriptor === '*' && hasPartial) return null;
      for (const definition of transitions.get(descriptor) ?? []) {
        tried.push(new LocalTransition(definition));
        if (isUnguarded(definition)) return tried;
      }
    }
  }
  return tried;
}
