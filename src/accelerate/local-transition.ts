import {
  assign,
  type AnyActorRef,
  type AnyActorScope,
  type AnyEventObject,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  type Spawner,
} from 'xstate';
import { ContextAssigner, keysOf, type AssignArgs } from './context-assigner.js';
import { Guard } from './guard.js';
import { assignmentOf, findAction, isSettled, paramsFor } from './implementations.js';
import { withContext, type Derived, type InternalSnapshot } from './machine-snapshot.js';

type Spawn = Spawner<never>;

/** A transition that may stay where it is and only assign: that depends on what its actions are when it is taken. */
export class LocalTransition {
  readonly definition: AnyTransitionDefinition;
  /** As XState lists what is taken. */
  readonly taken: readonly [AnyTransitionDefinition];
  readonly #guard: Guard | null;
  /** What carries its actions out among these implementations; null where XState does. */
  #assigners: readonly ContextAssigner[] | null = null;
  #implementations: object | null = null;

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
    if (!context) return null;
    if (snapshot.machine.implementations !== this.#implementations) this.#find(snapshot.machine);
    const assigners = this.#assigners;
    if (assigners === null) return null;
    const keys = derived.keys ?? keysOf(context);
    let children = snapshot.children as object;
    for (let at = 0; at < assigners.length; at++) {
      const params = paramsOf(actions[at], context, event);
      const spawned: Spawned = { actors: null };
      const args: AssignArgs = {
        context,
        event,
        spawn: spawnInto(spawned, snapshot, context, event, scope),
        self: scope.self,
        system: scope.system,
      };
      context = (assigners[at] as ContextAssigner).apply(args, params, keys);
      if (spawned.actors !== null) children = { ...children, ...spawned.actors };
    }
    return withContext(snapshot, derived, context, children);
  }

  #find(machine: AnyStateMachine): void {
    const assigners = this.definition.actions.map((reference) => {
      const assignment = assignmentOf(findAction(machine, reference).action);
      return assignment === null ? null : new ContextAssigner(assignment);
    });
    this.#assigners = assigners.every((assigner) => assigner !== null) ? assigners : null;
    this.#implementations = isSettled(machine.implementations) ? machine.implementations : null;
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

function paramsOf(reference: unknown, context: object, event: AnyEventObject): unknown {
  if (typeof reference !== 'object') return undefined;
  return paramsFor((reference as { readonly params?: unknown }).params, { context, event });
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
