import { AgentHostError } from './agent-host-error.js';

interface Dependent {
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
  const depths = new Map<string, number>();
  const depthOf = ({ name, dependsOn = [] }: Dependent, path: readonly string[]): number => {
    if (path.includes(name)) {
      throw new AgentHostError({ code: 'DependencyCycle', cycle: [...path.slice(path.indexOf(name)), name] });
    }
    const known = depths.get(name);
    if (known !== undefined) return known;
    const below = dependsOn.map((dependency) => {
      const item = byName.get(dependency);
      if (item === undefined)
        throw new AgentHostError({ code: 'UnknownDependency', agent: name, dependency });
      return depthOf(item, [...path, name]) + 1;
    });
    const depth = Math.max(0, ...below);
    depths.set(name, depth);
    return depth;
  };
  const phases: Item[][] = [];
  for (const item of items) (phases[depthOf(item, [])] ??= []).push(item);
  return phases;
}
