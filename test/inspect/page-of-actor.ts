// Runs in a page: a lifecycle, and in a frame what receives its events, as the Stately inspector does.
import {
  createBrowserInspector,
  createBrowserReceiver,
  type StatelyInspectionEvent,
} from '@statelyai/inspect';
import { createActor, waitFor } from 'xstate';
import { agentLifecycleMachine } from '../../machines/agent-lifecycle.machine.js';
import { inspectWith } from '../../src/inspect/inspect-with.js';

if (window.parent === window) await live();
else receive();

async function live(): Promise<void> {
  Object.assign(window, { received: [] });
  const iframe = document.body.appendChild(document.createElement('iframe'));
  const inspector = createBrowserInspector({ iframe, url: window.location.href });
  const input = {
    agentId: '1b4e28ba-2fa1-41d2-883f-0016d3cca427',
    version: '6fa459ea-ee8a-4ca4-894e-db77e160355e',
    versionNumber: 1,
  };
  const inspect = inspectWith({ inspector });
  const actor = createActor(agentLifecycleMachine, { id: 'agent v1 #1', input, inspect }).start();
  actor.send({ type: 'agent.load' });
  await waitFor(actor, (snapshot) => snapshot.hasTag('loaded'));
  actor.send({ type: 'agent.fail', reason: 'password: hunter2' });
}

function receive(): void {
  const { received } = window.parent as unknown as { received: StatelyInspectionEvent[] };
  createBrowserReceiver().subscribe((event) => {
    received.push(event);
  });
}
