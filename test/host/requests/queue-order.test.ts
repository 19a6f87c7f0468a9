import { expect, it } from '@jest/globals';
import { agentThat, deferred, turns } from './request-rig.js';

it('begins what has waited before what comes as its place is free, whenever that comes', async () => {
  const orders = [];
  for (let ticks = 0; ticks < 30; ticks++) {
    const begun: unknown[] = [];
    const gate = deferred();
    const { agent } = await agentThat(
      (payload) => {
        begun.push(payload);
        return gate.promise;
      },
      { requests: { concurrency: 2 } },
    );
    const requests = ['first', 'second', 'waits'].map((payload) => agent.request(payload));
    await turns();
    gate.resolve('done');
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
    await Promise.all([...requests, agent.request('comes')]);
    orders.push(begun);
  }
  expect(orders).toEqual(orders.map(() => ['first', 'second', 'waits', 'comes']));
});
