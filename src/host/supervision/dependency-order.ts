import { AgentHostError } from '../agent-host-error.js';

/** What has a name, and may depend on others. */
export interface Dependent {
  readonly name: string;
  readonly dependsOn?: readonly string[] | undefined;
}

/**
 * The phases in which agents start: each agent comes after all those on which it depends, and as early as it can.
 *
 * @throws {AgentHostError} `UnknownDependency`, `DependencyCycle`
 */
export function dependencyPhases<Item extends Dependent>(items: readonly Item[]): Item[][] {
  const byName = new Map(items.map((item) => [item.name, item]));
  assertKnown(items, (name) => byName.has(name));
  const dependenciesOf = (name: string) => byName.get(name)?.dependsOn ?? [];
  const depths = new Map<string, number>();
  visitInOrder(byName.keys(), dependenciesOf, (name) => {
    const below = dependenciesOf(name).reduce(
      (most, each) => Math.max(most, Number(depths.get(each)) + 1),
      0,
    );
    depths.set(name, below);
  });
  const phases: Item[][] = [];
  for (const item of items) (phases[Number(depths.get(item.name))] ??= []).push(item);
  return phases;
}

/** Who depends on whom. To add one more costs the same however many there are. */
export class DependencyGraph {
  readonly #dependencies = new Map<string, ReadonlySet<string>>();
  /** By the name of one on which they depend, which may be gone, or still to come. */
  readonly #dependents = new Map<string, Set<string>>();

  dependentsOf(name: string): readonly string[] {
    return [...(this.#dependents.get(name) ?? [])];
  }

  set({ name, dependsOn = [] }: Dependent): void {
    this.delete(name);
    this.#dependencies.set(name, new Set(dependsOn));
    for (const each of dependsOn) {
      const dependents = this.#dependents.get(each) ?? new Set();
      this.#dependents.set(each, dependents.add(name));
    }
  }

  delete(name: string): void {
    for (const each of this.#dependencies.get(name) ?? []) {
      const dependents = this.#dependents.get(each);
      dependents?.delete(name);
      if (dependents?.size === 0) this.#dependents.delete(each);
    }
    this.#dependencies.delete(name);
  }

  /**
   * Refuses items that could not be set.
   *
   * @throws {AgentHostError} `UnknownDependency`, `DependencyCycle`
   */
  assertSound(items: readonly Dependent[]): void {
    const added = new Map(items.map(({ name, dependsOn = [] }) => [name, dependsOn]));
    assertKnown(items, (name) => added.has(name) || this.#dependencies.has(name));
    // A cycle would go through one of them, by a dependency that is new; and only through them, where nobody else
    // depends on any of them.
    const growing = items.filter(({ name, dependsOn = [] }) => {
      const before = this.#dependencies.get(name);
      return dependsOn.some((each) => before?.has(each) !== true);
    });
    const others = growing.some(({ name }) => hasOtherThan(added, this.#dependents.get(name)))
      ? this.#dependencies
      : NONE;
    const dependenciesOf = (name: string) => added.get(name) ?? others.get(name) ?? [];
    visitInOrder(
      growing.map(({ name }) => name),
      dependenciesOf,
      () => undefined,
    );
  }
}

const NONE: ReadonlyMap<string, ReadonlySet<string>> = new Map();

function hasOtherThan(known: ReadonlyMap<string, unknown>, names: Iterable<string> = []): boolean {
  for (const name of names) if (!known.has(name)) return true;
  return false;
}

/** @throws {AgentHostError} `UnknownDependency` */
function assertKnown(items: readonly Dependent[], isKnown: (name: string) => boolean): void {
  for (const { name, dependsOn = [] } of items) {
    const dependency = dependsOn.find((each) => !isKnown(each));
    if (dependency !== undefined) {
      throw new AgentHostError({ code: 'UnknownDependency', agent: name, dependency });
    }
  }
}

/**
 * Visits each once, after all those on which it depends. It does not call itself: a chain may be longer than the stack.
 *
 * @throws {AgentHostError} `DependencyCycle`
 */
function visitInOrder(
  starts: Iterable<string>,
  dependenciesOf: (name: string) => Iterable<string>,
  visit: (name: string) => void,
): void {
  const visited = new Set<string>();
  const path: { readonly name: string; readonly left: Iterator<string> }[] = [];
  const onPath = new Set<string>();
  const enter = (name: string) => {
    if (visited.has(name)) return;
    if (onPath.has(name)) {
      const names = path.map((each) => each.name);
      throw new AgentHostError({
        code: 'DependencyCycle',
        cycle: [...names.slice(names.indexOf(name)), name],
      });
    }
    path.push({ name, left: dependenciesOf(name)[Symbol.iterator]() });
    onPath.add(name);
  };
  for (const start of starts) {
    enter(start);
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const next = last.left.next();
      if (next.done !== true) {
        enter(next.value);
        continue;
      }
      path.pop();
      onPath.delete(last.name);
      visited.add(last.name);
      visit(last.name);
    }
  }
}
