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
import { AGENT_OBJECT, DISPATCH_SERVICE, HOST_RETRY_POLICY, hostServiceOf } from '../wire/services.js';

/** Calls hosts for the objects of agents, and sends the results back to the objects. */
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
  const notifyAgent = (ctx: Context, key: string, method: string, parameter: unknown) => {
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
    options: { retryPolicy: HOST_RETRY_POLICY, journalRetention },
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
        notifyAgent(ctx, agent, 'settle', { generation, serial, outcome });
      }),
      close: internal(closeSchema, async (ctx, request) =>
        parseMessage(countSchema, await askHost(ctx, 'close', request)),
      ),
      dispose: internal(hostedSchema, async (ctx, hosted) => {
        const { session } = parseMessage(disposedSchema, await askHost(ctx, 'dispose', hosted));
        notifyAgent(ctx, hosted.agent, 'released', { generation: hosted.generation, session });
      }),
    },
  });
}
