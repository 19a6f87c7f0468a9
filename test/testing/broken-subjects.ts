import {
  AgentLifecycle,
  type AgentLifecycleState,
  type AgentOperation,
  FailureReason,
} from '../../src/index.js';
import type { HostEvent, LifecycleView, OperationOutcome, SendResult } from '../../src/testing/index.js';
import { accepted, RecordSubject, refused } from './record-subject.js';

/** Changes fields of a record that its own rules would not let change. */
function forged(record: AgentLifecycle, changes: object): AgentLifecycle {
  return AgentLifecycle.fromJSON({ ...record.toJSON(), ...changes });
}

/** Each a host that breaks one rule of the lifecycle. */
export const BROKEN: Record<string, typeof RecordSubject> = {
  'a missing transition: a loaded agent cannot be unloaded': class extends RecordSubject {
    override send(event: HostEvent): SendResult {
      const isUnload = event.type === 'agent.unload' && this.current === 'loaded';
      return isUnload ? refused('InvalidTransition') : super.send(event);
    }
  },
  'an extra transition: a ready agent can be unloaded': class extends RecordSubject {
    override send(event: HostEvent): SendResult {
      if (event.type !== 'agent.unload' || this.current !== 'ready') return super.send(event);
      this.begin('unloading');
      return accepted();
    }
  },
  'an extra transition: an agent starts without being instantiated': class extends RecordSubject {
    override send(event: HostEvent): SendResult {
      if (event.type !== 'agent.start' || this.current !== 'loaded') return super.send(event);
      this.begin('starting');
      return accepted();
    }
    override enter(state: AgentLifecycleState, reason: FailureReason | null = null): void {
      if (state === 'running' && this.current === 'loaded') super.enter('ready');
      super.enter(state, reason);
    }
  },
  'a count that begins at one': class extends RecordSubject {
    override record = forged(new RecordSubject({ transitionTimeout: 30_000, drainTimeout: 60_000 }).record, {
      pending_requests: 1,
    });
  },
  'a count that is off by one when a request ends': class extends RecordSubject {
    override complete(): SendResult {
      const result = super.complete();
      if (result.accepted && this.record.pendingRequests > 0) this.record = this.record.completeRequest();
      return result;
    }
  },
  'a count that goes under 0': class extends RecordSubject {
    missing = 0;
    override complete(): SendResult {
      const isEmpty = this.record.pendingRequests === 0;
      const result = super.complete();
      if (result.accepted && isEmpty) this.missing++;
      return result;
    }
    override state(): LifecycleView {
      const view = super.state();
      return { ...view, pendingRequests: view.pendingRequests - this.missing };
    }
  },
  'a count that a drain forgets': class extends RecordSubject {
    override drain(): SendResult {
      this.record = forged(this.record, { pending_requests: 0 });
      return super.drain();
    }
  },
  'a capacity of one less': class extends RecordSubject {
    override accept(): SendResult {
      const isServing = this.current === 'running' && this.operation === null;
      return isServing && this.record.pendingRequests >= 9_999
        ? refused('TooManyPendingRequests')
        : super.accept();
    }
  },
  'a capacity that is asked for before the state': class extends RecordSubject {
    override accept(): SendResult {
      return this.record.pendingRequests >= 10_000 ? refused('TooManyPendingRequests') : super.accept();
    }
  },
  'a capacity that has no end': class extends RecordSubject {
    beyond = 0;
    override accept(): SendResult {
      const result = super.accept();
      if (result.code !== 'TooManyPendingRequests') return result;
      this.beyond++;
      return accepted();
    }
    override state(): LifecycleView {
      const view = super.state();
      return { ...view, pendingRequests: view.pendingRequests + this.beyond };
    }
  },
  'requests that are accepted while the agent drains': class extends RecordSubject {
    override accept(): SendResult {
      if (this.current !== 'draining') return super.accept();
      this.record = this.record.addPendingRequest();
      return accepted();
    }
  },
  'requests that are accepted while the agent stops': class extends RecordSubject {
    override accept(): SendResult {
      if (this.current !== 'running' || this.operation === null) return super.accept();
      this.record = this.record.addPendingRequest();
      return accepted();
    }
  },
  'a timeout that never fires': class extends RecordSubject {
    override advance(ms: number): void {
      this.now += ms;
    }
  },
  'a timeout that fires a millisecond early': class extends RecordSubject {
    override begin(operation: AgentOperation): void {
      super.begin(operation);
      this.deadline = Number(this.deadline) - 1;
    }
  },
  'a timeout that fires a millisecond late': class extends RecordSubject {
    override begin(operation: AgentOperation): void {
      super.begin(operation);
      this.deadline = Number(this.deadline) + 1;
    }
  },
  'a timeout that an operation leaves armed': class extends RecordSubject {
    override end(): void {
      this.operation = null;
    }
    override expire(): void {
      this.deadline = null;
      if (this.current === 'stopped' || this.current === 'failed') return;
      this.enter('failed', FailureReason.parse(`Transition timeout exceeded: 30000ms`));
    }
  },
  'a timeout that fires twice': class extends RecordSubject {
    fired = 0;
    override expire(): void {
      super.expire();
      this.fired++;
      if (this.fired === 1) this.deadline = this.now + 1;
      else this.record = forged(this.record, { previous_state: 'Failed' });
    }
  },
  'a drain timeout that fails the agent': class extends RecordSubject {
    override expire(): void {
      if (this.operation !== null) super.expire();
      else this.enter('failed', FailureReason.parse('Drain timeout exceeded'));
    }
  },
  'a stop after a drain timeout that has no time of its own': class extends RecordSubject {
    override expire(): void {
      const deadline = this.deadline;
      super.expire();
      if (this.operation === 'stopping') this.deadline = Number(deadline);
    }
  },
  'a drain that ignores the last request': class extends RecordSubject {
    override stopWhenDrained(): void {
      if (this.record.pendingRequests === 0) return;
      super.stopWhenDrained();
    }
  },
  'a drain that its last request does not end': class extends RecordSubject {
    override complete(): SendResult {
      if (this.current !== 'draining') return super.complete();
      this.record = this.record.completeRequest();
      return accepted();
    }
  },
  'an interruption that has only the time left of what it interrupts': class extends RecordSubject {
    override begin(operation: AgentOperation): void {
      const { deadline } = this;
      super.begin(operation);
      this.deadline = deadline ?? this.deadline;
    }
  },
  'a failure whose missing reason is made up': class extends RecordSubject {
    override fail(reason: unknown): SendResult {
      return super.fail(reason ?? 'it just did');
    }
  },
  'an agent that begins loaded': class extends RecordSubject {
    override record = forged(new RecordSubject({ transitionTimeout: 30_000, drainTimeout: 60_000 }).record, {
      current_state: 'Loaded',
    });
  },
  'a drain that does not wait': class extends RecordSubject {
    override stopWhenDrained(): void {
      if (this.current === 'draining' && this.operation === null) this.begin('stopping');
    }
  },
  'a swallowed refusal': class extends RecordSubject {
    override send(event: HostEvent): SendResult {
      const result = super.send(event);
      return result.code === 'InvalidTransition' ? accepted() : result;
    }
  },
  'a wrong error code: InvalidTransition for AlreadyInState': class extends RecordSubject {
    override send(event: HostEvent): SendResult {
      const result = super.send(event);
      return result.code === 'AlreadyInState' ? refused('InvalidTransition') : result;
    }
  },
  'a wrong error code: InvalidTransition while an operation is in flight': class extends RecordSubject {
    override send(event: HostEvent): SendResult {
      const result = super.send(event);
      return result.code === 'TransitionInProgress' ? refused('InvalidTransition') : result;
    }
  },
  'an unknown event that is taken for an invalid one': class extends RecordSubject {
    override send(event: HostEvent): SendResult {
      const result = super.send(event);
      return result.code === 'UnknownEvent' ? refused('InvalidTransition') : result;
    }
  },
  'an operation that is not aborted: a cancelled load is done after all': class extends RecordSubject {
    cancelled = false;
    override send(event: HostEvent): SendResult {
      const wasLoading = this.operation === 'loading';
      const result = super.send(event);
      if (wasLoading && event.type === 'agent.unload') this.cancelled = true;
      return result;
    }
    override settle(operation: AgentOperation, outcome: OperationOutcome): void {
      if (
        this.cancelled &&
        operation === 'loading' &&
        this.current === 'unloaded' &&
        outcome.type === 'done'
      ) {
        this.enter('loaded');
      } else super.settle(operation, outcome);
    }
  },
  'an operation whose error is ignored': class extends RecordSubject {
    override settle(operation: AgentOperation, outcome: OperationOutcome): void {
      if (outcome.type === 'done') super.settle(operation, outcome);
    }
  },
  'an operation whose end is taken for that of another': class extends RecordSubject {
    override settle(_operation: AgentOperation, outcome: OperationOutcome): void {
      if (this.operation !== null) super.settle(this.operation, outcome);
    }
  },
  'a terminal state that wakes up': class extends RecordSubject {
    override send(event: HostEvent): SendResult {
      if (this.current !== 'stopped' || event.type !== 'agent.load') return super.send(event);
      this.record = forged(this.record, { current_state: 'Unloaded' });
      this.begin('loading');
      return accepted();
    }
  },
  'a terminal state whose reason changes': class extends RecordSubject {
    override send(event: HostEvent): SendResult {
      if (this.current === 'failed' && event.type === 'agent.fail') {
        this.record = forged(this.record, { failure_reason: 'failed again' });
      }
      return super.send(event);
    }
  },
  'a failure without its reason': class extends RecordSubject {
    override fail(): SendResult {
      return super.fail(undefined);
    }
  },
  'a previous state that is forgotten': class extends RecordSubject {
    override state(): LifecycleView {
      return { ...super.state(), previousState: null };
    }
  },
  'a refusal that ends the operation in flight': class extends RecordSubject {
    override send(event: HostEvent): SendResult {
      const result = super.send(event);
      if (!result.accepted && this.operation === 'starting') this.end();
      return result;
    }
  },
  'a stop that does not interrupt a start': class extends RecordSubject {
    override send(event: HostEvent): SendResult {
      const isInterrupt = event.type === 'agent.stop' && this.operation === 'starting';
      return isInterrupt ? refused('TransitionInProgress') : super.send(event);
    }
  },
};
