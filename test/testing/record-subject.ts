import {
  AgentId,
  AgentLifecycle,
  AgentVersion,
  canTransitionTo,
  FailureReason,
  isTerminal,
} from '../../src/index.js';
import type { AgentLifecycleState, AgentOperation } from '../../src/index.js';
import type {
  HostEvent,
  LifecycleSubject,
  LifecycleView,
  OperationOutcome,
  SendResult,
  SubjectInput,
} from '../../src/testing/index.js';

interface Command {
  readonly target: AgentLifecycleState;
  /** Where it may be given, and the operation that it begins there. */
  readonly begins: Partial<Record<AgentLifecycleState, AgentOperation>>;
  /** The operation that it may interrupt. */
  readonly interrupts?: AgentOperation;
}

const COMMANDS: Record<string, Command> = {
  'agent.load': { target: 'loaded', begins: { unloaded: 'loading' } },
  'agent.instantiate': { target: 'ready', begins: { loaded: 'instantiating' } },
  'agent.start': { target: 'running', begins: { ready: 'starting' } },
  'agent.drain': { target: 'draining', begins: {} },
  'agent.stop': {
    target: 'stopped',
    begins: { ready: 'stopping', running: 'stopping', draining: 'stopping' },
    interrupts: 'starting',
  },
  'agent.unload': { target: 'unloaded', begins: { loaded: 'unloading' }, interrupts: 'instantiating' },
};

const DONE: Record<AgentOperation, AgentLifecycleState> = {
  loading: 'loaded',
  instantiating: 'ready',
  starting: 'running',
  stopping: 'stopped',
  unloading: 'unloaded',
};

/**
 * A host written by hand on the seed's record, without the chart: the record says which transitions there are, the
 * rest is what a host adds. Its methods are small so that a test can break each of them.
 */
export class RecordSubject implements LifecycleSubject {
  record: AgentLifecycle;
  operation: AgentOperation | null = null;
  deadline: number | null = null;
  now = 0;

  constructor(input: SubjectInput) {
    this.record = AgentLifecycle.create({
      agentId: AgentId.generate(),
      version: AgentVersion.generate(),
      versionNumber: 1,
      ...input,
    });
  }

  get current(): AgentLifecycleState {
    return this.record.currentState;
  }

  send(event: HostEvent): SendResult {
    if (isTerminal(this.current)) return refused('TerminalState');
    if (event.type === 'request.accept') return this.accept();
    if (event.type === 'request.complete') return this.complete();
    if (event.type === 'agent.fail') return this.fail(event.reason);
    const command = COMMANDS[event.type];
    return command === undefined ? refused('UnknownEvent') : this.command(event.type, command);
  }

  accept(): SendResult {
    if (this.current !== 'running' || this.operation !== null) return refused('NotAcceptingRequests');
    if (this.record.pendingRequests >= 10_000) return refused('TooManyPendingRequests');
    this.record = this.record.addPendingRequest();
    return accepted();
  }

  complete(): SendResult {
    if (this.current !== 'running' && this.current !== 'draining') return refused('NotAcceptingRequests');
    this.record = this.record.completeRequest();
    this.stopWhenDrained();
    return accepted();
  }

  fail(reason: unknown): SendResult {
    this.enter('failed', FailureReason.describe(reason));
    return accepted();
  }

  command(type: string, command: Command): SendResult {
    if (type === 'agent.drain' && this.current === 'running' && this.operation === null) return this.drain();
    if (type === 'agent.unload' && this.operation === 'loading') {
      this.end();
      return accepted();
    }
    const operation = command.begins[this.current];
    const isFree = this.operation === null || this.operation === command.interrupts;
    if (operation === undefined || !isFree) return this.refuse(command);
    this.begin(operation);
    return accepted();
  }

  refuse({ target }: Command): SendResult {
    if (target === this.current) return refused('AlreadyInState');
    if (this.operation !== null && canTransitionTo(this.current, target))
      return refused('TransitionInProgress');
    return refused('InvalidTransition');
  }

  drain(): SendResult {
    this.enter('draining');
    this.deadline = this.now + this.record.drainTimeout;
    this.stopWhenDrained();
    return accepted();
  }

  stopWhenDrained(): void {
    if (this.record.isReadyToStop() && this.operation === null) this.begin('stopping');
  }

  begin(operation: AgentOperation): void {
    this.operation = operation;
    this.deadline = this.now + this.record.transitionTimeout;
  }

  end(): void {
    this.operation = null;
    this.deadline = null;
  }

  enter(state: AgentLifecycleState, reason: FailureReason | null = null): void {
    this.end();
    this.record = this.record.transitionTo(state, reason);
  }

  settle(operation: AgentOperation, outcome: OperationOutcome): void {
    if (this.operation !== operation) return;
    if (outcome.type === 'done') this.enter(DONE[operation]);
    else this.enter('failed', FailureReason.describe(outcome.message));
  }

  advance(ms: number): void {
    const end = this.now + ms;
    while (this.deadline !== null && this.deadline <= end) {
      this.now = this.deadline;
      this.expire();
    }
    this.now = end;
  }

  expire(): void {
    if (this.operation === null) this.begin('stopping');
    else
      this.enter(
        'failed',
        FailureReason.parse(`Transition timeout exceeded: ${this.record.transitionTimeout}ms`),
      );
  }

  state(): LifecycleView {
    const { currentState, previousState, pendingRequests, failureReason } = this.record;
    return { state: currentState, operation: this.operation, previousState, pendingRequests, failureReason };
  }

  dispose(): void {
    this.end();
  }
}

export function accepted(): SendResult {
  return { accepted: true, code: null };
}

export function refused(code: string): SendResult {
  return { accepted: false, code };
}
