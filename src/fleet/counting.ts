import type { AnyTransitionDefinition } from 'xstate';
import { generatedCode } from '../accelerate/generated-code.js';
import { assignmentOf, findAction, findPlainGuard } from '../accelerate/implementations.js';
import { writerOf, type MachineFunction, type Port, type Writer } from './step.js';

/** Takes an event that changes one key of the context and nothing else, if it does so in that leaf and may. */
export type Counting = (leaf: number, type: string) => boolean;

/** A transition that stays where it is and computes one key of the context: requests are counted by such. */
interface Count {
  readonly test: (args: Port['args'], params: unknown) => boolean;
  readonly next: MachineFunction;
  readonly write: Writer;
}

/** Null for a transition that does anything else. */
export function countOf({ machine }: Port, transition: AnyTransitionDefinition | undefined): Count | null {
  if (transition === undefined || transition.target !== undefined || transition.actions.length !== 1)
    return null;
  const { action, params } = findAction(machine, transition.actions[0]);
  const assignment = Object.entries(assignmentOf(action) ?? {});
  const [key, next] = assignment[0] ?? [];
  if (assignment.length !== 1 || params !== undefined || key === undefined || typeof next !== 'function') {
    return null;
  }
  const guard = !transition.guard ? undefined : findPlainGuard(machine, transition.guard);
  if (guard === null || guard?.params !== undefined) return null;
  return { test: guard?.test ?? always, next: next as MachineFunction, write: writerOf(key) };
}

/**
 * All that counts in a chart, by leaf and event, as one function, of which an engine makes one piece of code with the
 * machine's functions: written here it would share what is learned of them with every other fleet, and with it the
 * slowest of their calls. Counts nothing where an environment forbids to make code of strings.
 */
export function countingOf({ args, cursor }: Port, leaves: readonly ReadonlyMap<string, Count>[]): Counting {
  const counts: Count[] = [];
  const cases = leaves.map((byEvent, leaf) => {
    const inLeaf = [...byEvent].map(([type, count]) => {
      const at = counts.push(count) - 1;
      return `case ${JSON.stringify(type)}:
        if (!test${at}(args, undefined)) return false;
        write${at}(cursor, next${at}(args, undefined));
        return true;`;
    });
    return inLeaf.length === 0 ? '' : `case ${leaf}: switch (type) { ${inLeaf.join('\n')} } return false;`;
  });
  const declarations = counts.map(
    (_, at) => `const { test: test${at}, next: next${at}, write: write${at} } = counts[${at}];`,
  );
  const body = `${declarations.join('\n')}
    return (leaf, type) => { switch (leaf) { ${cases.join('\n')} } return false; };`;
  return (generatedCode(body, { counts, args, cursor }) as Counting | null) ?? (() => false);
}

function always(): boolean {
  return true;
}
