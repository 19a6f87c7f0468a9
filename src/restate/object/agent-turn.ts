import type { ObjectContext, Serde } from '@restatedev/restate-sdk';
import * as z from 'zod/mini';
import type { LifecycleRejected } from '../../../machines/agent-lifecycle.types.js';
import { accepts } from '../../chart/accepts.js';
import { topState } from '../../chart/state-path.js';
import type { AgentStatusMessage } from '../wire/agent-status.js';
import { lifecycleRecordSchema, statusMessage, type LifecycleRecord } from './lifecycle-record.js';
import { snapshotOf, type LifecycleSnapshot } from '../wire/lifecycle-position.js';
import {
  transitionLifecycle,
  withPending,
  withUncounted,
  type LifecycleEffect,
  type LifecycleTransition,
} from './lifecycle-transition.js';
import { jsonSerde } from '../wire/json-serde.js';
import { MAX_WAITERS, stillWaiting, waiterSchema, type Waiter } from './kept-waiters.js';
import type { RestateSdk } from '../wire/load-sdk.js';
import { countSchema, parseMessage, type CloseRequest, type WaitResult } from '../wire/messages.js';
import { appended, occurrenceOf, type ObjectOccurrence } from './object-journal.js';
import { journalSchema, type ObjectJournalEntry } from '../wire/object-journal-entry.js';
import type { ObjectOptions } from './object-options.js';
import { AGENT_OBJECT, DISPATCH_SERVICE } from '../wire/services.js';
import { grantLease, servingLeaseSchema, type ServingLease } from './serving-lease.js';

/** What the object of an agent keeps. Each is a value of its own in Restate, written only where it changes. */
interface Kept {
  record: LifecycleRecord | null;
  lease: ServingLease | null;
  waiters: readonly Waiter[];
}

/**
 * One turn of an agent's object: it reads what is kept, takes steps of the chart, carries out through Restate what is to
 * be done about them, and keeps what has come of it. Nobody else changes the agent meanwhile.
 */
export class AgentTurn {
  readonly #ctx: ObjectContext;
  readonly #sdk: RestateSdk;
  readonly #options: ObjectOptions;
  readonly #json: Serde<unknown>;
  readonly #before: Kept;
  readonly #occurrences: ObjectOccurrence[] = [];
  #kept: Kept;

  private constructor(ctx: ObjectContext, sdk: RestateSdk, options: ObjectOptions, kept: Kept) {
    this.#ctx = ctx;
    this.#sdk = sdk;
    this.#json = jsonSerde(sdk);
    this.#options = options;
    this.#before = kept;
    this.#kept = { ...kept };
  }

  /** Runs a turn, and keeps what has come of it. */
  static async run<Answer>(
    ctx: ObjectContext,
    sdk: RestateSdk,
    options: ObjectOptions,
    work: (turn: AgentTurn) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    // What cannot be read, since a later version has written it, is tried again until one is there that can.
    const turn = new AgentTurn(ctx, sdk, options, {
      record: z.parse(z.nullable(lifecycleRecordSchema), await ctx.get('lifecycle')),
      lease: z.parse(z.nullable(servingLeaseSchema), await ctx.get('lease')),
      waiters: z.parse(z.nullable(z.array(waiterSchema)), await ctx.get('waiters')) ?? [],
    });
    await turn.#removeExpiredWaiters();
    const answer = await work(turn);
    await turn.#keep();
    return answer;
  }

  get record(): LifecycleRecord | null {
    return this.#kept.record;
  }

  get lease(): ServingLease | null {
    return this.#kept.lease;
  }

  get snapshot(): LifecycleSnapshot | null {
    return this.record === null ? null : snapshotOf(this.record);
  }

  /** Whether a process holds the lease, or last began an operation of the agent. */
  isCurrentProcess(session: string): boolean {
    const { record, lease } = this.#kept;
    if (record?.session === session) return true;
    return record !== null && lease?.generation === record.generation && lease.session === session;
  }

  get status(): AgentStatusMessage | null {
    const { record, lease } = this.#kept;
    return record === null ? null : statusMessage(this.#ctx.key, record, lease?.generation ?? null);
  }

  /** Sends an event to the lifecycle. Returns the refusal, or null. */
  async take(event: {
    readonly type: string;
    readonly reason?: string | undefined;
    readonly error?: unknown;
  }) {
    const record = this.#kept.record as LifecycleRecord;
    const counted = await this.#counted(record, event);
    return this.apply(transitionLifecycle(counted, event));
  }

  /** Carries out a transition. Returns the refusal, or null. */
  async apply({ record, effects }: LifecycleTransition): Promise<LifecycleRejected | null> {
    const wasActive = this.snapshot?.status === 'active' && this.record?.generation === record.generation;
    this.#kept.record = record;
    let refusal: LifecycleRejected | null = null;
    for (const effect of effects) {
      await this.#carryOut(effect);
      if (effect.type === 'emit' && effect.event.type === 'lifecycle.rejected') refusal = effect.event;
    }
    const { status } = snapshotOf(record);
    if (wasActive && status !== 'active') {
      const { generation, host } = record;
      this.#notifyHost('dispose', { agent: this.#ctx.key, host, generation });
    }
    this.#requestLease();
    this.#resolveWaiters();
    return refusal;
  }

  /** Has the agent take an event of which it is known how many requests are pending. */
  takeCounted(event: { readonly type: string; readonly reason?: string; readonly error?: unknown }) {
    return this.apply(transitionLifecycle(this.#kept.record as LifecycleRecord, event));
  }

  /** Handles the count of requests that are left, once no more are accepted. */
  async onPendingCount(pending: number): Promise<void> {
    const record = this.#kept.record as LifecycleRecord;
    const snapshot = snapshotOf(record);
    const isWaitedFor = !snapshot.hasTag('accepting') && !snapshot.hasTag('transitioning');
    const isLast = pending === 0 && (isWaitedFor || record.position.context.pendingRequests > 0);
    // As the chart has it, what it waits for ends with the last of them.
    this.update(withPending(record, isLast ? 1 : pending));
    if (isLast) await this.takeCounted({ type: 'request.complete' });
  }

  update(record: LifecycleRecord): void {
    this.#kept.record = record;
  }

  /** Ends the lease, so that the generation that runs now may have its own. */
  endLease(): void {
    this.#kept.lease = null;
    this.#requestLease();
  }

  keepLease(lease: ServingLease): void {
    this.#kept.lease = lease;
  }

  /** Starts the timer for one period of the lease. */
  armPeriod({ token, period }: ServingLease): void {
    this.#notifySelf('leasePeriodEnded', { token }, period);
  }

  watch(waiter: Waiter): void {
    if (this.#kept.waiters.length < MAX_WAITERS) {
      this.#kept.waiters = [...this.#kept.waiters, waiter];
      this.#resolveWaiters();
      return;
    }
    const answer: WaitResult = { type: 'timedOut' };
    this.#ctx.resolveAwakeable(waiter.awakeable, answer);
  }

  unwatch(awakeable: string): void {
    this.#kept.waiters = this.#kept.waiters.filter((waiter) => waiter.awakeable !== awakeable);
  }

  note(occurrence: ObjectOccurrence): void {
    this.#occurrences.push(occurrence);
  }

  /**
   * The record with the count of requests as it is now, and none taken any more, where an event ends that: the chart
   * decides by it. It is the host that counts; one that does not answer has requests, as far as anybody knows.
   */
  async #counted(record: LifecycleRecord, event: { readonly type: string }): Promise<LifecycleRecord> {
    const snapshot = snapshotOf(record);
    const isServed = this.lease?.generation === record.generation && snapshot.hasTag('active');
    const isTaken =
      event.type.startsWith('xstate.') || accepts(snapshot).some((accepted) => accepted === event.type);
    if (!isServed || !isTaken) return record;
    const uncounted = withUncounted(record);
    const next = snapshotOf(transitionLifecycle(uncounted, event).record);
    if (next.hasTag('accepting')) return record;
    const pending = await this.#closeHost({
      agent: this.#ctx.key as CloseRequest['agent'],
      host: record.host,
      generation: record.generation,
      state: topState(next.value),
    });
    return pending === null ? uncounted : withPending(record, pending);
  }

  /** @returns null where whoever holds the lease does not answer in time */
  async #closeHost(parameter: CloseRequest): Promise<number | null> {
    const call = this.#ctx.genericCall<unknown, unknown>({
      service: DISPATCH_SERVICE,
      method: 'close',
      parameter,
      inputSerde: this.#json,
      outputSerde: this.#json,
    });
    try {
      const answer = await call.orTimeout(this.#options.countTimeout);
      const { session, pending } = parseMessage(countSchema, answer);
      // Another process under the name of the host knows nothing of what this one serves.
      if (session !== this.lease?.session) return null;
      // One that does not run it has disposed of it, with its requests.
      return pending ?? 0;
    } catch (error) {
      const { CancelledError, TerminalError } = this.#sdk;
      if (error instanceof CancelledError || !(error instanceof TerminalError)) throw error;
      this.#ctx.invocation(await call.invocationId).cancel();
      return null;
    }
  }

  async #carryOut(effect: LifecycleEffect): Promise<void> {
    const record = this.#kept.record as LifecycleRecord;
    const { generation, host, spec, position } = record;
    switch (effect.type) {
      case 'arm': {
        const { timer, token, delay } = effect;
        const milliseconds = this.#options.delayOf(delay, this.#ctx.key);
        this.#notifySelf('timerFired', { generation, timer, token }, milliseconds);
        return;
      }
      case 'begin': {
        const { serial, byTimer, input } = effect;
        const state = topState(position.value);
        const order = { agent: this.#ctx.key, host, generation, serial, state, byTimer, spec, input };
        const invocation = await this.#notifyHost('perform', order).invocationId;
        this.#kept.record = { ...record, operation: { serial, attempt: 0, invocation } };
        return;
      }
      case 'cancel':
        this.#ctx.invocation(this.#sdk.InvocationIdParser.fromString(effect.invocation)).cancel();
        return;
      case 'emit':
        this.note(occurrenceOf(effect.event, position.context.failureReason));
    }
  }

  /** Grants a lease to an agent that serves, unless an earlier generation still holds one. */
  #requestLease(): void {
    const { record, lease } = this.#kept;
    if (record === null || lease !== null || !snapshotOf(record).hasTag('active')) return;
    const { generation, session, revision: token } = record;
    const granted = grantLease({ generation, session, token, period: this.#options.leasePeriod });
    this.#kept.lease = granted;
    this.armPeriod(granted);
  }

  async #removeExpiredWaiters(): Promise<void> {
    const { waiters } = this.#kept;
    if (waiters.length === 0) return;
    const left = stillWaiting(waiters, await this.#ctx.date.now());
    if (left.length < waiters.length) this.#kept.waiters = left;
  }

  #resolveWaiters(): void {
    const { status, snapshot } = this;
    if (status === null || snapshot === null) return;
    this.#kept.waiters = this.#kept.waiters.filter(({ awakeable, tag }) => {
      const isReached = snapshot.hasTag(tag);
      if (!isReached && snapshot.status === 'active') return true;
      const answer: WaitResult = { type: isReached ? 'reached' : 'ended', status };
      this.#ctx.resolveAwakeable(awakeable, answer);
      return false;
    });
  }

  #notifySelf(method: string, parameter: unknown, delay: number) {
    const { key } = this.#ctx;
    this.#ctx.genericSend({ service: AGENT_OBJECT, method, key, parameter, inputSerde: this.#json, delay });
  }

  #notifyHost(method: string, parameter: unknown) {
    return this.#ctx.genericSend({ service: DISPATCH_SERVICE, method, parameter, inputSerde: this.#json });
  }

  async #keep(): Promise<void> {
    for (const [name, key] of [
      ['lifecycle', 'record'],
      ['lease', 'lease'],
      ['waiters', 'waiters'],
    ] as const) {
      if (this.#kept[key] !== this.#before[key]) this.#ctx.set(name, this.#kept[key]);
    }
    if (this.#occurrences.length === 0) return;
    const before = await readJournal(this.#ctx);
    const at = await this.#ctx.date.now();
    const generation = this.#kept.record?.generation ?? 0;
    const capacity = this.#options.journalCapacity;
    this.#ctx.set('journal', appended(before, this.#occurrences, { at, generation, capacity }));
  }
}

export async function readJournal(ctx: Pick<ObjectContext, 'get'>): Promise<ObjectJournalEntry[]> {
  return z.parse(z.nullable(journalSchema), await ctx.get('journal')) ?? [];
}
