import { stepDown } from '../../host/agent/step-down.js';
import type { LifecycleClient } from '../client/lifecycle-client.js';
import { snapshotOf } from '../object/lifecycle-record.js';

/** Milliseconds between looks at an agent that is on its way: doubled each time. */
const FIRST_PAUSE = 20;
const MAX_PAUSE = 1_000;
/** Milliseconds that an agent that has ended has to give its lease back; it runs out where it does not. */
const UNTIL_RELEASED = 5_000;

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
  let endedAt: number | null = null;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(MAX_PAUSE, pause * 2)) {
    const status = await client.status(agent);
    if (status.generation !== generation) return;
    const step = stepDown(snapshotOf(status), force);
    if (status.tags.includes('terminal')) {
      endedAt ??= performance.now();
      if (status.leasedTo !== generation || performance.now() - endedAt > UNTIL_RELEASED) return;
    } else if (step !== 'wait') {
      const reason = 'Its host has ended';
      await client.command(agent, step === 'down' ? { type: 'agent.fail', reason } : { type: step });
      pause = FIRST_PAUSE;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
