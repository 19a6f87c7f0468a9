// Sends an event when it is stopped, on the channel whose name it is given, and ends its worker as its data says.
import { BroadcastChannel, workerData } from 'node:worker_threads';

// eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- what the test passes
const { channel, exits } = /** @type {{ channel: string, exits: boolean }} */ (workerData);

export function handle() {
  return 'ok';
}

export function stop() {
  const events = new BroadcastChannel(channel);
  events.postMessage('stopped');
  if (exits) process.exit(0);
  events.close();
}
