import type { Context, ServiceDefinition } from '@restatedev/restate-sdk';
import type * as z from 'zod/mini';
import { FailureReason } from '../../values/failure-reason.js';
import { jsonSerde } from '../wire/json-serde.js';
import type { RestateSdk } from '../wire/load-sdk.js';
import {
  closeSchema,
  countSchema,
  disposedSchema,
  hostedSchema,
  orderSchema,
  outcomeSchema,
  parseMessage,
  type OperationOutcome,
} from '../wire/messages.js';
import type { ObjectOptions } from './object-options.js';
import { AGENT_OBJECT, DISPATCH_SERVICE, hostServiceOf } from '../wire/service-names.js';

/**
 * How long it is tried to reach a host: 100 ms, doubled up to 5 s, 100 times, about 8 minutes. No operation may last
 * longer than 5; by then it was given up.
 */
export const UNTIL_GIVEN_UP = {
  initialInterval: 100,
  maxInterval: 5_000,
  exponentiationFactor: 2,
  maxAttempts: 100,
  onMaxAttempts: 'kill',
} as const;

/** Calls hosts for the objects of agents, and tells those what has come of it. */
export function operationDispatch(
  sdk: RestateSdk,
  { journalRetention }: Pick<ObjectOptions, 'journalRetention'>,
): ServiceDefinition<typeof DISPATCH_SERVICE, unknown> {
  const inputSerde = jsonSerde(sdk);
  const outputSerde = inputSerde;

  const askHost = (ctx: Context, method: string, parameter: { readonly host: string }) =>
    ctx.genericCall<unknown, unknown>({
      service: hostServiceOf(parameter.host),
      method,
      parameter,
      inputSerde,
      outputSerde,
    });
  const tellAgent = (ctx: Context, key: string, method: string, parameter: unknown) => {
    ctx.genericSend({ service: AGENT_OBJECT, method, key, parameter, inputSerde });
  };
  const internal = <Schema extends z.ZodMiniType, Answer>(
    schema: Schema,
    work: (ctx: Context, message: z.output<Schema>) => Promise<Answer>,
  ) =>
    sdk.handlers.handler({ ingressPrivate: true }, (ctx: Context, message: unknown) =>
      work(ctx, parseMessage(schema, message)),
    );

  return sdk.service({
    name: DISPATCH_SERVICE,
    description: "Stands between the agents' objects and their hosts.",
    options: { retryPolicy: UNTIL_GIVEN_UP, journalRetention },
    handlers: {
      perform: internal(orderSchema, async (ctx, order) => {
        const { agent, generation, serial } = order;
        let outcome: OperationOutcome;
        try {
          outcome = parseMessage(outcomeSchema, await askHost(ctx, 'perform', order));
        } catch (error) {
          // Nobody waits for what was cancelled.
          if (error instanceof sdk.CancelledError || !(error instanceof sdk.TerminalError)) throw error;
          outcome = { type: 'error', message: FailureReason.describe(error), pending: null };
        }
        tellAgent(ctx, agent, 'settle', { generation, serial, outcome });
      }),
      close: internal(closeSchema, async (ctx, request) =>
        parseMessage(countSchema, await askHost(ctx, 'close', request)),
      ),
      dispose: internal(hostedSchema, async (ctx, hosted) => {
        const { session } = parseMessage(disposedSchema, await askHost(ctx, 'dispose', hosted));
        tellAgent(ctx, hosted.agent, 'released', { generation: hosted.generation, session });
      }),
    },
  });
}
