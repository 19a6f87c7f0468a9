import {
  assign,
  type AnyActorRef,
  type AnyActorScope,
  type AnyEventObject,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  type Spawner,
} from 'xstate';
import { ContextAssigner, type AssignArgs } from './context-assigner.js';
import { Guard } from './guard.js';
import { assignmentOf, lookupOf, paramsFor, type Lookup } from './implementations.js';
import { withContext, type Derived, type InternalSnapshot } from './machine-snapshot.js';

type Spawn = Spawner<never>;

/** A transition that may stay where it is and only assign: that depends on what its actions are when it is taken. */
export class LocalTransition {
  readonly definition: AnyTransitionDefinition;
  /** As XState lists what is taken. */
  readonly taken: readonly [AnyTransitionDefinition];
  readonly #guard: Guard | null;
  #actions: readonly LocalAction[] = [];

  constructor(definition: AnyTransitionDefinition) {
    this.definition = definition;
    this.taken = [definition];
    this.#guard = isUnguarded(definition) ? null : new Guard(definition);
  }

  /** Whether the guard holds. @throws what XState throws for a guard that throws */
  holds(snapshot: InternalSnapshot, event: AnyEventObject): boolean {
    return this.#guard === null || this.#guard.holds(snapshot, event);
  }

  /** The next snapshot; null where XState is to take it, of which nothing has happened yet. @throws what an assigner throws */
  apply(
    snapshot: InternalSnapshot,
    derived: Derived,
    event: AnyEventObject,
    scope: AnyActorScope,
  ): InternalSnapshot | null {
    const { definition } = this;
    if (definition.target !== undefined || definition.reenter) return null;
    const { actions } = definition;
    if (actions.length === 0) return snapshot;
    let context = snapshot.context as object | null;
    // XState says what is wrong with an assign without a context.
    if (!context || !this.#areAssigns(snapshot.machine)) return null;
    let children = snapshot.children as object;
    for (let at = 0; at < actions.length; at++) {
      const action = this.#actions[at] as LocalAction;
      const spawned: Spawned = { actors: null };
      const params = action.params(context, event);
      const args: AssignArgs = {
        context,
        event,
        spawn: spawnInto(spawned, snapshot, context, event, scope),
        self: scope.self,
        system: scope.system,
      };
      context = action.apply(args, params);
      if (spawned.actors !== null) children = { ...children, ...spawned.actors };
    }
    return withContext(snapshot, derived, context, children);
  }

  #areAssigns(machine: AnyStateMachine): boolean {
    const { actions } = this.definition;
    if (actions.length !== this.#actions.length) {
      this.#actions = actions.map((action) => new LocalAction(action));
    }
    for (let at = 0; at < actions.length; at++) {
      if (!(this.#actions[at] as LocalAction).isAssign(machine)) return false;
    }
    return true;
  }
}

/** XState has one of an event without a guard where that is null; of an eventless one, only undefined will do. */
export function isUnguarded({ guard, eventType }: AnyTransitionDefinition): boolean {
  return eventType === '' ? guard === undefined : !guard;
}

/** The actors that an assign has spawned. */
interface Spawned {
  actors: Record<string, AnyActorRef> | null;
}

function spawnInto(
  spawned: Spawned,
  snapshot: InternalSnapshot,
  context: object,
  event: AnyEventObject,
  scope: AnyActorScope,
): Spawn {
  let spawner: Spawn | null = null;
  return ((...args: Parameters<Spawn>) => {
    spawner ??= spawnerOf({ ...snapshot, context } as InternalSnapshot, event, scope);
    const actor: AnyActorRef = spawner(...args);
    spawned.actors ??= {};
    spawned.actors[actor.id] = actor;
    return actor;
  }) as Spawn;
}

/** An action of a transition, which is looked up each time. */
class LocalAction {
  readonly #reference: unknown;
  readonly #find: Lookup | null;
  #known: unknown = undefined;
  /** What carries out the action that was found; null for what XState does. */
  #assigner: ContextAssigner | null = null;

  constructor(reference: unknown) {
    this.#reference = reference;
    const name = typeof reference === 'string' ? reference : (reference as { type?: unknown } | null)?.type;
    this.#find = typeof reference === 'function' || typeof name !== 'string' ? null : lookupOf(name);
  }

  isAssign(machine: AnyStateMachine): boolean {
    const actions = machine.implementations.actions as object | undefined;
    const action = this.#find === null || actions === undefined ? this.#reference : this.#find(actions);
    if (action !== this.#known) {
      this.#known = action;
      const assignment = assignmentOf(action);
      this.#assigner = assignment === null ? null : new ContextAssigner(assignment);
    }
    return this.#assigner !== null;
  }

  /** The next context. @throws what an assigner throws */
  apply(args: AssignArgs, params: unknown): object {
    return (this.#assigner as ContextAssigner).apply(args, params);
  }

  params(context: object, event: AnyEventObject): unknown {
    const reference = this.#reference as { readonly params?: unknown };
    return typeof reference === 'object' ? paramsFor(reference.params, { context, event }) : undefined;
  }
}

/** XState's own `spawn` of a step, which it makes for each `assign`. */
function spawnerOf(snapshot: InternalSnapshot, event: AnyEventObject, scope: AnyActorScope): Spawn {
  let spawner: Spawn | undefined;
  const action = assign(({ spawn }) => {
    spawner = spawn as unknown as Spawn;
    return {};
  }) as unknown as { resolve(...args: unknown[]): unknown };
  action.resolve(scope, snapshot, { event }, undefined, action);
  return spawner as Spawn;
}
