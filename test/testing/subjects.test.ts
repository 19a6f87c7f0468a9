import { describeLifecycle, hostSubject, machineSubject } from '../../src/testing/index.js';
import { RecordSubject } from './record-subject.js';

describeLifecycle('the machine', machineSubject);

describeLifecycle('the record, in a host written by hand', (input) => new RecordSubject(input), {
  random: { runs: 1_000 },
});

describeLifecycle('the host', hostSubject, { input: { transitionTimeout: 1_000, drainTimeout: 5_000 } });
