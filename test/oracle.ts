import type { AgentLifecycleState, AgentOperation, StateTransitionErrorDetail } from '../src/index.js';

/** The seed's table, typed here and nowhere else: what the chart must say, not what it says. */
export const SEED_TRANSITIONS: Record<AgentLifecycleState, readonly AgentLifecycleState[]> = {
  unloaded: ['loaded', 'failed'],
  loaded: ['ready', 'failed', 'unloaded'],
  ready: ['running', 'stopped', 'failed'],
  running: ['draining', 'stopped', 'failed'],
  draining: ['stopped', 'failed'],
  stopped: [],
  failed: [],
};

/** What each command is sent to reach. */
const COMMAND_TARGETS: Record<string, AgentLifecycleState> = {
  'agent.load': 'loaded',
  'agent.instantiate': 'ready',
  'agent.start': 'running',
  'agent.drain': 'draining',
  'agent.stop': 'stopped',
  'agent.unload': 'unloaded',
  'agent.fail': 'failed',
};

interface Leaf {
  readonly operation?: { readonly name: AgentOperation; readonly done: string };
  readonly moves: Readonly<Record<string, string>>;
}

/** The contract's table of children: where each moves, by a command or when its operation is done. */
const LEAVES: Record<string, Leaf> = {
  'unloaded.idle': { moves: { 'agent.load': 'unloaded.loading' } },
  'unloaded.loading': {
    operation: { name: 'loading', done: 'loaded.idle' },
    moves: { 'agent.unload': 'unloaded.idle' },
  },
  'loaded.idle': {
    moves: { 'agent.instantiate': 'loaded.instantiating', 'agent.unload': 'loaded.unloading' },
  },
  'loaded.instantiating': {
    operation: { name: 'instantiating', done: 'ready.idle' },
    moves: { 'agent.unload': 'loaded.unloading' },
  },
  'loaded.unloading': { operation: { name: 'unloading', done: 'unloaded.idle' }, moves: {} },
  'ready.idle': { moves: { 'agent.start': 'ready.starting', 'agent.stop': 'ready.stopping' } },
  'ready.starting': {
    operation: { name: 'starting', done: 'running.serving' },
    moves: { 'agent.stop': 'ready.stopping' },
  },
  'ready.stopping': { operation: { name: 'stopping', done: 'stopped' }, moves: {} },
  'running.serving': {
    moves: { 'agent.drain': 'draining.awaitingRequests', 'agent.stop': 'running.stopping' },
  },
  'running.stopping': { operation: { name: 'stopping', done: 'stopped' }, moves: {} },
  'draining.awaitingRequests': { moves: { 'agent.stop': 'draining.stopping' } },
  'draining.stopping': { operation: { name: 'stopping', done: 'stopped' }, moves: {} },
  stopped: { moves: {} },
  failed: { moves: {} },
};

export const LEAF_NAMES = Object.keys(LEAVES);

/** The numbers of requests, of 0 and 2, or the capacity where that is less, that may be pending in a leaf. */
export function pendingIn(leaf: string, capacity: number): readonly number[] {
  const some = Math.min(2, capacity);
  if (leaf === 'draining.awaitingRequests') return [some];
  return ['unloaded', 'loaded', 'ready'].includes(topOf(leaf)) ? [0] : [0, some];
}

/** What a lifecycle was created with. */
export interface Settings {
  readonly transitionTimeout: number;
  readonly capacity: number;
}

/** What can be seen of a lifecycle. */
export interface LifecycleView {
  readonly leaf: string;
  readonly operation: AgentOperation | null;
  readonly previousState: AgentLifecycleState | null;
  readonly pendingRequests: number;
  readonly failureReason: string | null;
  readonly forced: boolean;
}

export const INITIAL_VIEW: LifecycleView = {
  leaf: 'unloaded.idle',
  operation: null,
  previousState: null,
  pendingRequests: 0,
  failureReason: null,
  forced: false,
};

/** What may happen to a lifecycle: a host's event, the end of an operation, a deadline. */
export type Stimulus =
  | { readonly kind: 'host'; readonly type: string; readonly reason?: unknown }
  | { readonly kind: 'done'; readonly operation: AgentOperation }
  | { readonly kind: 'error'; readonly operation: AgentOperation; readonly message: string }
  | { readonly kind: 'transitionTimeout'; readonly leaf: string }
  | { readonly kind: 'drainTimeout' };

export interface Expectation {
  readonly view: LifecycleView;
  readonly transitions: readonly { readonly from: AgentLifecycleState; readonly to: AgentLifecycleState }[];
  readonly refusal: Refusal | null;
}

/** A refusal as it must be told: its error, and what would be taken now. */
interface Refusal {
  readonly error: StateTransitionErrorDetail;
  readonly accepts: readonly string[];
}

/** What the contract says happens next, told a second time and independently of the chart. */
export function expected(view: LifecycleView, stimulus: Stimulus, settings: Settings): Expectation {
  const leaf = leafOf(view);
  const top = topOf(view.leaf);
  const unchanged: Expectation = { view, transitions: [], refusal: null };
  if (SEED_TRANSITIONS[top].length === 0) return unchanged;

  switch (stimulus.kind) {
    case 'done':
      return leaf.operation?.name === stimulus.operation ? moved(view, leaf.operation.done) : unchanged;
    case 'error':
      if (leaf.operation?.name !== stimulus.operation) return unchanged;
      return moved(view, 'failed', { failureReason: stimulus.message });
    case 'transitionTimeout':
      if (view.leaf !== stimulus.leaf) return unchanged;
      return moved(view, 'failed', {
        failureReason: `Transition timeout exceeded: ${settings.transitionTimeout}ms`,
      });
    case 'drainTimeout':
      if (view.leaf !== 'draining.awaitingRequests') return unchanged;
      return moved(view, 'draining.stopping', { forced: true });
    case 'host':
      return expectedOfHost(view, stimulus, settings);
  }
}

function expectedOfHost(
  view: LifecycleView,
  { type, reason }: Extract<Stimulus, { kind: 'host' }>,
  { capacity }: Settings,
): Expectation {
  const leaf = leafOf(view);
  const top = topOf(view.leaf);
  if (type === 'agent.fail') return moved(view, 'failed', { failureReason: String(reason) });

  if (type === 'request.complete' && (top === 'running' || top === 'draining')) {
    const counted = { ...view, pendingRequests: Math.max(0, view.pendingRequests - 1) };
    const drained = view.leaf === 'draining.awaitingRequests' && counted.pendingRequests === 0;
    return drained ? moved(counted, 'draining.stopping') : { view: counted, transitions: [], refusal: null };
  }
  if (type === 'request.accept' && view.leaf === 'running.serving' && view.pendingRequests < capacity) {
    const counted = { ...view, pendingRequests: view.pendingRequests + 1 };
    return { view: counted, transitions: [], refusal: null };
  }

  const to = leaf.moves[type];
  if (to === undefined) {
    const refusal = { error: refusalOf(view, type), accepts: acceptedIn(view, capacity) };
    return { view, transitions: [], refusal };
  }
  const pending = view.pendingRequests > 0;
  const forced = view.forced || (type === 'agent.stop' && top !== 'ready' && pending);
  const arrived = to === 'draining.awaitingRequests' && !pending ? 'draining.stopping' : to;
  return moved(view, arrived, { forced });
}

function refusalOf(view: LifecycleView, type: string): StateTransitionErrorDetail {
  const state = topOf(view.leaf);
  const target = COMMAND_TARGETS[type];
  const operation = leafOf(view).operation;
  if (type === 'request.accept' && view.leaf === 'running.serving') {
    return { code: 'TooManyPendingRequests', current: view.pendingRequests };
  }
  if (type === 'request.accept' || type === 'request.complete')
    return { code: 'NotAcceptingRequests', state };
  if (target === undefined) return { code: 'UnknownEvent', type };
  if (target === state) return { code: 'AlreadyInState', state };
  if (operation !== undefined && SEED_TRANSITIONS[state].includes(target)) {
    return { code: 'TransitionInProgress', state, to: topOf(operation.done) };
  }
  return { code: 'InvalidTransition', from: state, to: target };
}

function acceptedIn(view: LifecycleView, capacity: number): string[] {
  const top = topOf(view.leaf);
  const hasRequests = top === 'running' || top === 'draining';
  return [
    ...Object.keys(leafOf(view).moves),
    'agent.fail',
    ...(hasRequests ? ['request.complete'] : []),
    ...(view.leaf === 'running.serving' && view.pendingRequests < capacity ? ['request.accept'] : []),
  ].sort();
}

function moved(view: LifecycleView, leaf: string, changes: Partial<LifecycleView> = {}): Expectation {
  const from = topOf(view.leaf);
  const to = topOf(leaf);
  const next = { ...view, ...changes, leaf, operation: LEAVES[leaf]?.operation?.name ?? null };
  if (from === to) return { view: next, transitions: [], refusal: null };
  return { view: { ...next, previousState: from }, transitions: [{ from, to }], refusal: null };
}

function leafOf(view: LifecycleView): Leaf {
  const leaf = LEAVES[view.leaf];
  if (leaf === undefined) throw new Error(`No leaf is named ${view.leaf}`);
  return leaf;
}

export function topOf(leaf: string): AgentLifecycleState {
  return leaf.split('.')[0] as AgentLifecycleState;
}
