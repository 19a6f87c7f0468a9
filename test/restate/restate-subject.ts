import type { AgentStatus, LifecycleClient } from '../../src/restate/index.js';
import type { LifecycleSubject, SubjectInput } from '../../src/testing/index.js';
import { eventually } from './eventually.js';
import type { HostProcess } from './host-process.js';
import type { RestateTestServer } from './restate-server.js';

type SendResult = Awaited<ReturnType<LifecycleSubject['send']>>;
type View = Awaited<ReturnType<LifecycleSubject['state']>>;
type Operation = Parameters<LifecycleSubject['settle']>[0];
type Outcome = Parameters<LifecycleSubject['settle']>[1];
type Event = Parameters<LifecycleSubject['send']>[0];

export interface Surroundings {
  readonly server: RestateTestServer;
  readonly client: LifecycleClient;
  /** Holds every operation. */
  readonly host: HostProcess;
}

const ACCEPTED: SendResult = { accepted: true, code: null };
let count = 0;

/**
 * An agent on Restate, for the conformance kit. Restate's timers are real and cannot be advanced: this keeps a time of
 * its own, in which nothing passes until it is advanced, and waits for a timer of Restate's where that time reaches its
 * deadline. What it cannot see is that a timer fires a millisecond too early. Where the steps before took so long that a
 * timer was due in real time, nothing can be said: `isInconclusive`.
 */
export class RestateSubject implements LifecycleSubject {
  readonly #name: string;
  readonly #delay: number;
  readonly #around: Surroundings;
  readonly #timers = new Map<string, { dueAt: number; seenAt: number }>();
  #status: AgentStatus;
  #now = 0;
  #pending = 0;
  #hostRefusals = 0;
  #objectRefusals = 0;
  #inFlight: readonly Operation[] = [];
  #hasArmed = false;
  #isInconclusive = false;
  /** From when on a timer that is not seen yet may be running. */
  #unseenSince = 0;

  private constructor(around: Surroundings, status: AgentStatus, delay: number) {
    this.#around = around;
    this.#name = status.name;
    this.#status = status;
    this.#delay = delay;
  }

  /** @param delay real milliseconds of each delay */
  static async create(around: Surroundings, input: SubjectInput, delay: number): Promise<RestateSubject> {
    const name = `kit ${++count}~${delay}`;
    const status = await around.client.deploy(name, { host: 'kit', driver: 'scripted', ...input });
    return new RestateSubject(around, status, delay);
  }

  get isInconclusive(): boolean {
    return this.#isInconclusive;
  }

  async send(event: Event): Promise<SendResult> {
    this.#unseenSince = performance.now();
    const { host, client } = this.#around;
    if (event.type === 'request.accept' && this.#isCounting) {
      const code = await host.accept(this.#name);
      if (code === null) this.#pending++;
      else this.#hostRefusals++;
      return { accepted: code === null, code };
    }
    if (event.type === 'request.complete' && this.#isCounting) {
      if (await host.complete(this.#name)) this.#pending--;
      if (!this.#status.tags.includes('accepting')) await this.#settled();
      return ACCEPTED;
    }
    const { error } = await client.command(this.#name, event);
    await this.#settled();
    return error === null ? ACCEPTED : { accepted: false, code: error.code };
  }

  state(): View {
    const { state, position } = this.#status;
    const { operation, previousState, pendingRequests, failureReason } = position.context;
    const pending = this.#isCounting ? this.#pending : pendingRequests;
    return {
      state,
      operation,
      previousState,
      pendingRequests: pending,
      failureReason,
    };
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].sort(([, a], [, b]) => a.dueAt - b.dueAt);
      if (next === undefined || next[1].dueAt > end) break;
      const [id, { dueAt }] = next;
      await eventually(async () => {
        const askedAt = performance.now();
        const { delays } = await this.#around.client.status(this.#name);
        if (!(id in delays)) return true;
        this.#unseenSince = askedAt;
        return false;
      });
      this.#now = dueAt;
      this.#timers.delete(id);
      await this.#settled();
    }
    this.#now = end;
    // Those that were cancelled fire as well, and must change nothing.
    if (this.#hasArmed && this.#timers.size === 0 && ms > 0) {
      await this.#untilNoneScheduled();
      this.#unseenSince = performance.now();
      await this.#settled();
    }
  }

  async settle(operation: Operation, outcome: Outcome): Promise<void> {
    const { revision, position } = this.#status;
    const { host, client } = this.#around;
    this.#unseenSince = performance.now();
    await host.settle(this.#name, operation, outcome.type === 'done' ? undefined : outcome.message);
    if (position.context.operation !== operation) return;
    await eventually(async () => (await client.status(this.#name)).revision > revision);
    await this.#settled();
  }

  observed() {
    return { operations: this.#inFlight, refusals: this.#hostRefusals + this.#objectRefusals };
  }

  async dispose(): Promise<void> {
    const { client } = this.#around;
    if (this.#status.tags.includes('terminal')) return;
    await client.command(this.#name, { type: 'agent.fail', reason: 'disposed of' });
  }

  /** Whether the host has a count of its own: that of the object is as the host last told it. */
  get #isCounting(): boolean {
    return this.#status.tags.includes('active');
  }

  /** Waits until what the last step has begun elsewhere is so, and looks. */
  async #settled(): Promise<void> {
    const { host, client } = this.#around;
    await eventually(async () => {
      this.#status = await client.status(this.#name);
      const { tags, position, leaf } = this.#status;
      const { operation } = position.context;
      // An array that came from another process is of another realm than jest's.
      this.#inFlight = [...(await host.inFlight(this.#name))] as Operation[];
      if (this.#inFlight.join() !== (operation ?? '')) return false;
      if (leaf === 'draining.awaitingRequests' && this.#pending === 0) return false;
      return !tags.includes('accepting') || (await host.isServing(this.#name));
    });
    const journal = await client.journal(this.#name);
    this.#objectRefusals = journal.filter(({ type }) => type === 'refusal').length;
    this.#noteTimers();
  }

  #noteTimers(): void {
    const { delays } = this.#status;
    const isLate = (since: number) => performance.now() - since > this.#delay / 2;
    if (isLate(this.#unseenSince)) this.#isInconclusive = true;
    for (const [id, { dueAt, seenAt }] of this.#timers) {
      if (dueAt > this.#now && isLate(seenAt)) this.#isInconclusive = true;
      if (!(id in delays)) this.#timers.delete(id);
    }
    for (const [id, delay] of Object.entries(delays)) {
      this.#hasArmed = true;
      if (!this.#timers.has(id))
        this.#timers.set(id, { dueAt: this.#now + delay, seenAt: performance.now() });
    }
  }

  async #untilNoneScheduled(): Promise<void> {
    const key = this.#name.replaceAll("'", "''");
    const waiting = `select id from sys_invocation where target_service_key = '${key}' and target_handler_name = 'timerFired' and status <> 'completed'`;
    await eventually(async () => (await this.#around.server.query(waiting)).length === 0);
  }
}
