import * as z from 'zod';
import {
  AgentId,
  AgentName,
  AgentVersion,
  DrainTimeout,
  restartPolicySchema,
  TransitionTimeout,
  type ValueType,
  VersionNumber,
} from 'xstate-agent-lifecycle';
import { CONFIG_DRIVERS, type ConfigDriver } from './drivers.js';

const agentFields = {
  name: agentName(),
  agentId: valueSchema(AgentId).optional(),
  version: valueSchema(AgentVersion).optional(),
  versionNumber: valueSchema(VersionNumber).optional(),
  transitionTimeout: valueSchema(TransitionTimeout).optional(),
  drainTimeout: valueSchema(DrainTimeout).optional(),
  requests: requestLimitsSchema().optional(),
  restart: z.optional(restartPolicySchema()),
  dependsOn: z.array(agentName()).optional(),
};

const agentOf = ({ name, optionsSchema }: ConfigDriver) =>
  z.strictObject({ ...agentFields, driver: z.literal(name), options: optionsSchema });

const [firstDriver, ...moreDrivers] = CONFIG_DRIVERS;

const agentSchema = z.discriminatedUnion('driver', [agentOf(firstDriver), ...moreDrivers.map(agentOf)], {
  error: ({ input }) => {
    const received = JSON.stringify((input as { driver?: unknown } | null)?.driver);
    return `expected one of ${CONFIG_DRIVERS.map(({ name }) => name).join(', ')}, received ${received}`;
  },
});

/** The config of `agent-lifecycle run`. */
export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  agents: z.array(agentSchema).min(1).superRefine(assertUniqueNames),
  preDrainDelay: z
    .int()
    .min(0)
    .max(600_000)
    .describe('Milliseconds before a drain begins, in which the host is unready but still serves')
    .optional(),
  phaseTimeout: z
    .int()
    .min(1)
    .max(3_600_000)
    .describe('Milliseconds for all agents together that start, or stop, side by side')
    .optional(),
});

function requestLimitsSchema() {
  const milliseconds = (what: string) => z.int().min(1).max(2_147_483_647).describe(what).optional();
  return z
    .strictObject({
      timeout: milliseconds(
        'Milliseconds without a sign of life after which a request fails; 30 000 by default',
      ),
      maxDuration: milliseconds('Milliseconds that a request may take in all; no limit by default'),
      concurrency: z.int().min(1).max(10_000).describe('Requests in work at one time').optional(),
      queue: z
        .int()
        .min(0)
        .max(10_000)
        .describe('Requests that may wait for a place; 1 000 by default')
        .optional(),
    })
    .describe('The limits of its requests');
}

/** The config as a JSON Schema, for editors. */
export function configJsonSchema(): object {
  return {
    title: 'A config of agent-lifecycle',
    ...z.toJSONSchema(configSchema, { io: 'input' }),
  };
}

/** Turns a value type into a schema, with its bounds and its messages. */
function valueSchema<Value>(type: ValueType<Value>) {
  const { $schema: _, ...bounds } = z.toJSONSchema(type.schema, { io: 'input' });
  return z
    .unknown()
    .transform((value, context): Value => {
      const result = type.safeParse(value);
      if (result.success) return result.data;
      const { expected, received } = result.error;
      context.addIssue({ code: 'custom', message: `expected ${expected}, received ${received}` });
      return z.NEVER;
    })
    .meta({ ...bounds, description: type.expected });
}

/** The name of an agent, which is part of URLs: `.` and `..` cannot be names there, even when escaped. */
function agentName() {
  const expected = 'a name that a URL can say';
  return valueSchema(AgentName).refine((name) => name !== '.' && name !== '..', {
    error: ({ input }) => `expected ${expected}, received ${JSON.stringify(input)}`,
  });
}

function assertUniqueNames(agents: readonly { name: AgentName }[], context: z.RefinementCtx): void {
  const names = new Set<AgentName>();
  agents.forEach(({ name }, index) => {
    if (!names.has(name)) {
      names.add(name);
      return;
    }
    const message = `expected a name of its own, received ${JSON.stringify(name)} again`;
    context.addIssue({ code: 'custom', message, path: [index, 'name'] });
  });
}
