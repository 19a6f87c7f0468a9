// The tests of a subject as a user writes them, for whatever runner starts this file.
import { describeLifecycle, machineSubject } from 'xstate-agent-lifecycle/testing';

/**
 * A subject that forgets the state before.
 *
 * @param {import('xstate-agent-lifecycle/testing').SubjectInput} input
 */
function forgetful(input) {
  const subject = machineSubject(input);
  return { ...subject, state: async () => ({ ...(await subject.state()), previousState: null }) };
}

const isBroken = process.env['SUBJECT'] === 'forgetful';
describeLifecycle('the subject', isBroken ? forgetful : machineSubject, {
  cover: 'states',
  random: { runs: 20, seed: 1 },
});
