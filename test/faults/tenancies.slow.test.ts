import { describe, expect, it } from '@jest/globals';
import { agentLifecycleMachine } from '../../src/index.js';
import { createFleet } from '../../src/fleet/index.js';
import { INPUT } from '../lifecycle-rig.js';

/** It takes two million of them: an id is a row and the number of its tenants, in 53 bits. */
describe('a row of a fleet', () => {
  it('is let to nobody more, once its ids could not be told from each other', () => {
    const fleet = createFleet(agentLifecycleMachine);
    for (let times = 0; times < 2 ** 21; times++) fleet.remove(fleet.add(INPUT));
    const ids = [fleet.add(INPUT), fleet.add(INPUT)];
    expect([ids, fleet.size]).toEqual([[1, 2], 2]);
    fleet.stop();
  });
});
