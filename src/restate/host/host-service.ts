import type { Context, ServiceDefinition } from '@restatedev/restate-sdk';
import type { HostedAgents } from './hosted-agents.js';
import type { RestateSdk } from '../wire/load-sdk.js';
import {
  closeSchema,
  hostedSchema,
  orderSchema,
  parseMessage,
  type OperationOutcome,
} from '../wire/messages.js';
import { HOST_RETRY_POLICY, hostServiceOf } from '../wire/services.js';

/** One host, as Restate calls it. */
export function hostService(
  sdk: RestateSdk,
  host: string,
  agents: HostedAgents,
  { journalRetention }: { readonly journalRetention: number },
): ServiceDefinition<string, unknown> {
  const options = { ingressPrivate: true };
  return sdk.service({
    name: hostServiceOf(host),
    description: `The agents of the host ${host}.`,
    options: { retryPolicy: HOST_RETRY_POLICY, journalRetention },
    handlers: {
      perform: sdk.handlers.handler(
        // An operation may take its time; that nothing is said meanwhile is no reason to begin it again.
        { ...options, inactivityTimeout: { minutes: 10 } },
        async (ctx: Context, message: unknown): Promise<OperationOutcome> => {
          const order = parseMessage(orderSchema, message);
          const giveUp = new AbortController();
          try {
            return await ctx.run(order.input.operation, () => agents.perform(order, giveUp.signal));
          } catch (error) {
            // The connection may break as well; then it is this call that comes again, and the work goes on.
            if (error instanceof sdk.CancelledError) giveUp.abort(error);
            throw error;
          }
        },
      ),
      close: sdk.handlers.handler(options, (_ctx: Context, message: unknown) =>
        Promise.resolve(agents.close(parseMessage(closeSchema, message))),
      ),
      dispose: sdk.handlers.handler(options, async (_ctx: Context, message: unknown) => {
        const { agent, generation } = parseMessage(hostedSchema, message);
        await agents.dispose(agent, generation);
        return { session: agents.session };
      }),
    },
  });
}
