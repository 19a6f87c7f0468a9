import { stepDown } from '../../host/step-down.js';
import type { LifecycleClient } from './lifecycle-client.js';
import { snapshotOf } from './lifecycle-record.js';

/** Milliseconds between looks at an agent that is on its way. */
const PAUSE = 50;

/**
 * Brings one generation of an agent down from whatever state it is in. Each step of the lifecycle has its deadline, and
 * so this has an end. One that never came up is failed, so that its name is free.
 */
export async function takeDown(
  client: LifecycleClient,
  agent: string,
  generation: number | null,
  force: boolean,
): Promise<void> {
  for (;;) {
    const status = await client.status(agent);
    if (status.generation !== generation) return;
    const step = stepDown(snapshotOf(status), force);
    if (step === 'down' && status.tags.includes('terminal')) return;
    if (step === 'wait') await new Promise((resolve) => setTimeout(resolve, PAUSE));
    else {
      const reason = 'Its host has ended';
      await client.command(agent, step === 'down' ? { type: 'agent.fail', reason } : { type: step });
    }
  }
}
