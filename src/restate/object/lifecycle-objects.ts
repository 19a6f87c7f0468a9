import type { ObjectContext, ObjectSharedContext, VirtualObjectDefinition } from '@restatedev/restate-sdk';
import * as z from 'zod/mini';
import { agentLifecycleChart } from '../../../machines/agent-lifecycle.machine.js';
import type { AgentLifecycleInput } from '../../values/agent-lifecycle-input.js';
import { accepts } from '../../chart/accepts.js';
import { AgentName } from '../../values/agent-name.js';
import { InvalidValueError } from '../../values/invalid-value-error.js';
import { topState } from '../../chart/state-path.js';
import { VersionNumber } from '../../values/version-number.js';
import { AgentTurn, readJournal } from './agent-turn.js';
import type { AgentStatusMessage } from '../wire/agent-status.js';
import { DistributedError, type DistributedErrorDetail } from '../wire/distributed-error.js';
import { hostedSpecSchema } from '../wire/hosted-spec.js';
import { jsonSerde } from '../wire/json-serde.js';
import { waiterSchema } from './kept-waiters.js';
import { lifecycleRecordSchema, statusMessage } from './lifecycle-record.js';
import { beginLifecycle, withPending } from './lifecycle-transition.js';
import type { RestateSdk } from '../wire/load-sdk.js';
import {
  beginSchema,
  commandSchema,
  endedSchema,
  parseMessage,
  periodSchema,
  releasedSchema,
  renewSchema,
  settleSchema,
  timerSchema,
  unwatchSchema,
  waitSchema,
  type BeginResult,
  type ObjectResult,
  type RenewResult,
  type WaitResult,
} from '../wire/messages.js';
import type { ObjectJournalEntry } from '../wire/object-journal-entry.js';
import type { ObjectOptions } from './object-options.js';
import { AGENT_OBJECT } from '../wire/services.js';
import { endPeriod, servingLeaseSchema } from './serving-lease.js';

/** Who calls tries again at once, or never. */
const BRIEFLY = { idempotencyRetention: { minutes: 10 } };

/** The virtual objects of agents, one for each name: the only place where an agent's lifecycle takes a step. */
export function lifecycleObjects(
  sdk: RestateSdk,
  options: ObjectOptions,
): VirtualObjectDefinition<typeof AGENT_OBJECT, unknown> {
  const { exclusive, shared } = sdk.handlers.object;
  const { journalRetention, idempotencyRetention } = options;

  /** A handler that may change the agent. */
  const turn =
    <Schema extends z.ZodMiniType, Answer>(
      schema: Schema,
      work: (turn: AgentTurn, message: z.output<Schema>, ctx: ObjectContext) => Answer | Promise<Answer>,
    ) =>
    (ctx: ObjectContext, message: unknown): Promise<Answer> =>
      terminal(sdk, () => {
        const parsed = parseMessage(schema, message);
        return AgentTurn.run(ctx, sdk, options, (turn) => work(turn, parsed, ctx));
      });
  /** One that only those call who are registered with Restate, never a client. */
  const internal = <Schema extends z.ZodMiniType>(
    schema: Schema,
    work: (turn: AgentTurn, message: z.output<Schema>) => void | Promise<void>,
  ) => exclusive({ ingressPrivate: true }, turn(schema, work));

  return sdk.object({
    name: AGENT_OBJECT,
    description: 'The lifecycle of an agent. The key is its name.',
    options: { journalRetention, idempotencyRetention },
    handlers: {
      deploy: exclusive(
        turn(hostedSpecSchema, async (turn, spec, ctx): Promise<ObjectResult> => {
          const agent = AgentName.parse(ctx.key);
          const { record, snapshot } = turn;
          if (record !== null && snapshot?.status === 'active') {
            const state = topState(snapshot.value);
            return denied({ code: 'AgentExists', agent, state, generation: record.generation });
          }
          const { host, driver, options, agentId, version, versionNumber, ...timeouts } = spec;
          const input: AgentLifecycleInput = {
            agentId: agentId ?? record?.position.context.agentId ?? ctx.rand.uuidv4(),
            agentName: agent,
            version: version ?? ctx.rand.uuidv4(),
            versionNumber: versionNumber ?? VersionNumber.first,
            ...timeouts,
          };
          turn.note({ type: 'deployed', host, versionNumber: input.versionNumber });
          const [generation, revision] = [(record?.generation ?? 0) + 1, (record?.revision ?? 0) + 1];
          await turn.apply(beginLifecycle(input, { generation, revision, host, spec: { driver, options } }));
          return taken(turn);
        }),
      ),

      command: exclusive(
        turn(commandSchema, async (turn, event, ctx): Promise<ObjectResult> => {
          const { snapshot } = turn;
          if (snapshot === null) return denied({ code: 'UnknownAgent', agent: ctx.key });
          if (snapshot.status !== 'active') {
            const error = { code: 'TerminalState', state: topState(snapshot.value) };
            return { type: 'refused', error, status: turn.status as AgentStatusMessage };
          }
          // The chart would count it.
          if (isOfRequests(event.type) && snapshot.hasTag('active') && !snapshot.hasTag('transitioning')) {
            return denied({ code: 'RequestsCountedByHost', event: event.type });
          }
          const refusal = await turn.take(event);
          if (refusal === null) return taken(turn);
          const error = { ...refusal.error.toJSON() };
          return { type: 'refused', error, status: turn.status as AgentStatusMessage };
        }),
      ),

      waitFor: shared(BRIEFLY, (ctx: ObjectSharedContext, message: unknown) =>
        terminal(sdk, async (): Promise<WaitResult> => {
          const { tag, timeout } = parseMessage(waitSchema, message);
          if ((await ctx.get('lifecycle')) === null) return { type: 'unknown' };
          const { id: awakeable, promise } = ctx.awakeable<WaitResult>();
          const send = (method: string, parameter: unknown) => {
            const inputSerde = jsonSerde(sdk);
            ctx.genericSend({ service: AGENT_OBJECT, method, key: ctx.key, parameter, inputSerde });
          };
          const until = (await ctx.date.now()) + timeout;
          send('watch', { awakeable, tag, until });
          try {
            return await promise.orTimeout(timeout);
          } catch (error) {
            if (error instanceof sdk.TimeoutError || error instanceof sdk.CancelledError) {
              send('unwatch', { awakeable });
            }
            if (error instanceof sdk.TimeoutError) return { type: 'timedOut' };
            throw error;
          }
        }),
      ),

      status: shared(async (ctx: ObjectSharedContext): Promise<AgentStatusMessage | null> => {
        const record = z.parse(z.nullable(lifecycleRecordSchema), await ctx.get('lifecycle'));
        const lease = z.parse(z.nullable(servingLeaseSchema), await ctx.get('lease'));
        return record === null ? null : statusMessage(ctx.key, record, lease?.generation ?? null);
      }),

      journal: shared((ctx: ObjectSharedContext): Promise<ObjectJournalEntry[]> => readJournal(ctx)),

      /** A host is about to carry out an operation. */
      begin: exclusive(
        BRIEFLY,
        turn(beginSchema, (turn, { generation, serial, session }): BeginResult => {
          const { record } = turn;
          const operation = record?.operation ?? null;
          if (record?.generation !== generation || operation?.serial !== serial)
            return { type: 'superseded' };
          const attempt = operation.attempt + 1;
          turn.update({ ...record, session, operation: { ...operation, attempt } });
          const name = String(record.position.context.operation);
          turn.note({ type: 'operation', operation: name, attempt, session });
          return { type: 'begin', attempt };
        }),
      ),

      /** A host asks to serve on. */
      renew: exclusive(
        turn(renewSchema, async (turn, { generation, session, pending, isClosed }): Promise<RenewResult> => {
          const { record, snapshot } = turn;
          if (record?.generation !== generation) return { type: 'fenced' };
          if (snapshot?.status !== 'active') return { type: 'fenced' };
          const { lease } = turn;
          const isGranted = snapshot.hasTag('active') && lease?.generation === generation;
          // Whoever serves does so on, though an operation was begun in another process since.
          if ((isGranted ? lease : record).session !== session) return { type: 'fenced' };
          if (!isGranted) return { type: 'withheld' };
          if (!lease.isRenewed) turn.keepLease({ ...lease, isRenewed: true });
          if (isClosed) await turn.onPendingCount(pending);
          // Counted while more could come: of no use to what has been decided since.
          else if (snapshot.hasTag('accepting')) turn.update(withPending(record, pending));
          const after = turn.snapshot ?? snapshot;
          // Its host may not have heard of that.
          const closedFor = after.hasTag('accepting') ? null : topState(after.value);
          return { type: 'granted', period: lease.period, closedFor };
        }),
      ),

      /** The driver of an agent says that it has ended by itself. */
      ended: exclusive(
        BRIEFLY,
        turn(endedSchema, async (turn, { generation, session, reason }): Promise<void> => {
          const { record, snapshot } = turn;
          if (record?.generation !== generation || !turn.isCurrentProcess(session)) return;
          if (snapshot?.status !== 'active') return;
          if (reason !== null) {
            await turn.take({ type: 'agent.fail', reason });
            return;
          }
          if (snapshot.context.operation === 'stopping') return;
          const canStop = accepts(snapshot).includes('agent.stop');
          const failure = { type: 'agent.fail', reason: 'The agent ended before it could be stopped' };
          await turn.take(canStop ? { type: 'agent.stop' } : failure);
        }),
      ),

      watch: internal(waiterSchema, (turn, waiter) => {
        turn.watch(waiter);
      }),

      unwatch: internal(unwatchSchema, (turn, { awakeable }) => {
        turn.unwatch(awakeable);
      }),

      timerFired: internal(timerSchema, async (turn, { generation, timer, token }) => {
        const { record } = turn;
        const armed = record?.timers[timer];
        // One that was cancelled, or armed anew since: it comes too late, and changes nothing.
        if (record?.generation !== generation || armed?.token !== token) return;
        await turn.take({ type: armed.event });
      }),

      settle: internal(settleSchema, async (turn, { generation, serial, outcome }) => {
        const { record } = turn;
        if (record?.generation !== generation || record.operation?.serial !== serial) return;
        if (outcome.type === 'superseded') return;
        const { operation } = record.position.context;
        if (outcome.pending !== null) turn.update(withPending(record, outcome.pending));
        await turn.takeCounted(
          outcome.type === 'done'
            ? { type: `xstate.done.actor.${String(operation)}` }
            : { type: `xstate.error.actor.${String(operation)}`, error: new Error(outcome.message) },
        );
      }),

      leasePeriodEnded: internal(periodSchema, async (turn, { token }) => {
        const { lease, record } = turn;
        if (lease?.token !== token || record === null) return;
        const period = endPeriod(lease);
        if (period.type === 'kept') {
          turn.keepLease(period.lease);
          turn.armPeriod(period.lease);
          return;
        }
        turn.note({ type: 'leaseLost', of: lease.generation });
        if (lease.generation === record.generation && turn.snapshot?.hasTag('active') === true) {
          const reason = `The host ${record.host} was lost: it has not renewed its lease`;
          await turn.takeCounted({ type: 'agent.fail', reason });
        }
        turn.endLease();
      }),

      /**
       * A process has nothing left of an instance. Nobody serves it any more where that process held the lease; where
       * another does, of the same name, that one may go on until its lease runs out.
       */
      released: internal(releasedSchema, (turn, { generation, session }) => {
        const { lease } = turn;
        if (lease?.generation === generation && lease.session === session) turn.endLease();
      }),
    },
  });
}

function isOfRequests(type: string): boolean {
  return (
    agentLifecycleChart.events.some((known) => known === type) && agentLifecycleChart.targetOf(type) === null
  );
}

function taken(turn: AgentTurn): ObjectResult {
  return { type: 'taken', status: turn.status as AgentStatusMessage };
}

function denied(error: DistributedErrorDetail): ObjectResult {
  return { type: 'denied', error: { ...error } };
}

/** What is wrong with a message stays wrong, however often it is tried again. */
async function terminal<Answer>(sdk: RestateSdk, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DistributedError || error instanceof InvalidValueError)) throw error;
    throw new sdk.TerminalError(error.message, { errorCode: 400 });
  }
}
