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
import { assignmentOf, paramsFor } from './implementations.js';
import { withContext, type Derived, type InternalSnapshot } from './machine-snapshot.js';

type Spawn = Spawner<never>;

/** A transition that may stay where it is and only assign: that depends on what its actions are when it is taken. */
export class LocalTransition {
  readonly definition: AnyTransitionDefinition;
  /** What the actions were when they were last looked up, and what carries them out; null for what XState does. */
  #actions: readonly unknown[] = [];
  #assigners: readonly (ContextAssigner | null)[] = [];

  constructor(definition: AnyTransitionDefinition) {
    this.definition = definition;
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
    let context = snapshot.context as object | undefined;
    // XState says what is wrong with an assign without a context.
    if (!context || !this.#areAssigns(snapshot.machine)) return null;
    let children: object = snapshot.children;
    for (let at = 0; at < actions.length; at++) {
      const assigner = this.#assigners[at] as ContextAssigner;
      const spawned: Spawned = { actors: null };
      const params = paramsOf(actions[at], context, event);
      const args: AssignArgs = {
        context,
        event,
        spawn: spawnInto(spawned, snapshot, context, event, scope),
        self: scope.self,
        system: scope.system,
      };
      context = assigner.apply(args, params);
      if (spawned.actors !== null) children = { ...children, ...spawned.actors };
    }
    return withContext(snapshot, derived, context, children);
  }

  #areAssigns(machine: AnyStateMachine): boolean {
    const { actions } = this.definition;
    if (actions.length !== this.#actions.length) this.#lookUp(machine);
    for (let at = 0; at < actions.length; at++) {
      if (actionOf(machine, actions[at]) !== this.#actions[at]) this.#lookUp(machine);
      if (this.#assigners[at] === null) return false;
    }
    return true;
  }

  #lookUp(machine: AnyStateMachine): void {
    this.#actions = this.definition.actions.map((action) => actionOf(machine, action));
    this.#assigners = this.#actions.map(assignerOf);
  }
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

function assignerOf(action: unknown): ContextAssigner | null {
  const assignment = assignmentOf(action);
  return assignment === null ? null : new ContextAssigner(assignment);
}

/** What a name stands for now. */
function actionOf(machine: AnyStateMachine, reference: unknown): unknown {
  if (typeof reference === 'function') return reference;
  const name = typeof reference === 'string' ? reference : (reference as { type?: string } | null)?.type;
  const actions = machine.implementations.actions as Readonly<Record<string, unknown>> | undefined;
  return actions?.[String(name)];
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
