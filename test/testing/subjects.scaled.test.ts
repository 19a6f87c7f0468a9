import { describeLifecycle, hostSubject, machineSubject, type PathCover } from '../../src/testing/index.js';
import { scaled } from '../scale.js';
import { RecordSubject } from './record-subject.js';

const cover = scaled<PathCover>({ quick: 'transitions', slow: 'pairs' });
const runs = scaled({ quick: 20, slow: 1_000 });

describeLifecycle('the machine', machineSubject, { cover, random: { runs } });

describeLifecycle('the record, in a host written by hand', (input) => new RecordSubject(input), {
  cover,
  random: { runs },
});

describeLifecycle('the host', hostSubject, {
  cover,
  input: { transitionTimeout: 1_000, drainTimeout: 5_000 },
  random: { runs: scaled({ quick: 20, slow: 100 }) },
});
