import * as z from 'zod/mini';
import { AgentId } from '../../values/agent-id.js';
import { AgentVersion } from '../../values/agent-version.js';
import { DrainTimeout } from '../../values/drain-timeout.js';
import { TransitionTimeout } from '../../values/transition-timeout.js';
import { VersionNumber } from '../../values/version-number.js';

/** The name of a host: it is part of the name of a Restate service. */
export const hostName = z.string().check(
  z.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, {
    error: 'expected 1 to 63 letters, digits, - and _, beginning with a letter or digit',
  }),
);

const MAX_DRIVER = 255;
const MAX_OPTIONS = 65_536;

export const hostedSpecSchema = z.strictObject({
  host: hostName,
  /** The name of one of that host's drivers. */
  driver: z.string().check(
    z.refine((name) => name.length > 0 && name.length <= MAX_DRIVER, {
      error: `expected 1 to ${MAX_DRIVER} characters`,
    }),
  ),
  /** JSON, checked by the driver when the agent is loaded. It is written with each step of the agent. */
  options: z.optional(
    z.unknown().check(
      z.refine((options) => Buffer.byteLength(JSON.stringify([options])) <= MAX_OPTIONS, {
        error: `expected ${MAX_OPTIONS} bytes of JSON at most`,
      }),
    ),
  ),
  /** That of the earlier generation, or a new one, where none is given. */
  agentId: z.optional(AgentId.schema),
  version: z.optional(AgentVersion.schema),
  versionNumber: z.optional(VersionNumber.schema),
  transitionTimeout: z.optional(TransitionTimeout.schema),
  drainTimeout: z.optional(DrainTimeout.schema),
});

/** An agent as it is deployed to a host. Its timeouts are milliseconds, with the bounds of every lifecycle's. */
export type HostedSpec = z.input<typeof hostedSpecSchema>;

/** What a host needs to know of an agent to make its driver. */
export const driverSpecSchema = z.strictObject({
  driver: z.string(),
  options: z.optional(z.unknown()),
});
