import type { AgentLifecycleContext } from '../../machines/agent-lifecycle.types.js';
import type { AgentSupervisorContext } from '../../machines/agent-supervisor.types.js';
import type { InspectedActor, InspectedEvent, InspectedSnapshot } from './inspected-event.js';

type Field = keyof AgentLifecycleContext | keyof AgentSupervisorContext;

/** What a context may show. Each is a number, a flag, or a text that is no one's secret. */
const SHOWN: readonly Field[] = [
  'agentId',
  'agentName',
  'version',
  'versionNumber',
  'previousState',
  'transitionTimeout',
  'drainTimeout',
  'capacity',
  'pendingRequests',
  'operation',
  'forced',
  'generation',
  'delay',
];

/**
 * What leaves the process by default: what states and types are called, the fields of the lifecycle's record, and its
 * capacity. Why something failed is left out, as an error's message may hold anything.
 */
export function redact(event: InspectedEvent): InspectedEvent {
  const actor = sanitizeActor(event.actor);
  switch (event.type) {
    case '@xstate.actor':
      return { ...event, actor, snapshot: sanitizeSnapshot(event.snapshot) };
    case '@xstate.event':
      return { ...event, actor, event: { type: event.event.type } };
    case '@xstate.snapshot':
      return {
        ...event,
        actor,
        event: { type: event.event.type },
        snapshot: sanitizeSnapshot(event.snapshot),
      };
  }
}

function sanitizeActor({ definition, ...actor }: InspectedActor): InspectedActor {
  return { ...actor, definition: definition && { ...definition, context: undefined } };
}

function sanitizeSnapshot({ status, value, context }: InspectedSnapshot): InspectedSnapshot {
  return { status, value, context: sanitizeContext(context) };
}

function sanitizeContext(context: unknown): Record<string, unknown> | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  const fields = context as Record<string, unknown>;
  const shown = SHOWN.filter((field) => isScalar(fields[field])).map((field) => [field, fields[field]]);
  const reason = fields['failureReason'];
  if (reason !== undefined) shown.push(['failureReason', reason === null ? null : '(redacted)']);
  return Object.fromEntries(shown) as Record<string, unknown>;
}

function isScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
