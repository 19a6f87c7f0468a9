import { statePath } from '../../chart/state-path.js';
import { shortestPaths } from './lifecycle-graph.js';
import { LifecycleModel } from '../lifecycle-model.js';
import { pairSteps, type LifecyclePath } from './lifecycle-paths.js';
import { stepName, type LifecycleStep } from '../lifecycle-step.js';
import { DEFAULT_INPUT, type SubjectInput } from '../lifecycle-subject.js';

/** How many of some things are covered, and which are not. */
export interface Coverage {
  readonly covered: number;
  readonly total: number;
  readonly missing: readonly string[];
}

/** How much of the chart some paths cover. */
export interface LifecycleCoverage {
  readonly states: Coverage;
  readonly transitions: Coverage;
  /** Pairs of a state and a thing that can happen in it: those that have an effect, and those that have none. */
  readonly pairs: { readonly valid: Coverage; readonly invalid: Coverage };
}

interface Sets {
  readonly states: Set<string>;
  readonly transitions: Set<string>;
  readonly valid: Set<string>;
  readonly invalid: Set<string>;
}

/** Tells what paths cover of the chart. */
export function coverageOf(paths: readonly LifecyclePath[]): LifecycleCoverage {
  const all = emptySets();
  for (const { leaf } of shortestPaths(1)) all.states.add(leaf);
  // One pending request is where a drain ends, which neither none nor two show.
  for (const steps of pairSteps(DEFAULT_INPUT, [0, 1, 2])) note(all, steps, DEFAULT_INPUT);
  const met = emptySets();
  for (const { steps, input } of paths) {
    const taken = steps.map(({ step }) => step);
    note(met, taken, input);
  }
  return {
    states: compare(all.states, met.states),
    transitions: compare(all.transitions, met.transitions),
    pairs: { valid: compare(all.valid, met.valid), invalid: compare(all.invalid, met.invalid) },
  };
}

function emptySets(): Sets {
  return { states: new Set(), transitions: new Set(), valid: new Set(), invalid: new Set() };
}

function note(sets: Sets, steps: readonly LifecycleStep[], input: SubjectInput): void {
  const model = new LifecycleModel(input);
  sets.states.add(statePath(model.snapshot.value));
  for (const step of steps) {
    const before = model.snapshot;
    const pair = `${statePath(before.value)}: ${kindOf(step, model)}`;
    model.apply(step);
    const leaf = statePath(model.snapshot.value);
    sets.states.add(leaf);
    const isTaken = model.snapshot !== before;
    (isTaken ? sets.valid : sets.invalid).add(pair);
    if (isTaken) sets.transitions.add(`${pair} → ${leaf}`);
  }
}

/** What a step does to the chart: time that reaches a deadline is another thing than time that does not. */
function kindOf(step: LifecycleStep, model: LifecycleModel): string {
  if (step.do !== 'advance') return stepName(step);
  const deadline = model.untilDeadline;
  if (deadline === null) return 'time';
  return step.ms >= deadline ? 'deadline' : 'time before the deadline';
}

function compare(all: ReadonlySet<string>, met: ReadonlySet<string>): Coverage {
  const missing = [...all].filter((item) => !met.has(item));
  return { covered: all.size - missing.length, total: all.size, missing };
}
