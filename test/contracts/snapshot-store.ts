export { describeSnapshotStore } from '../../src/testing/contracts/describe-snapshot-store.js';
