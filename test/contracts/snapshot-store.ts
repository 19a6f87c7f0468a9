export { describeSnapshotStore } from '../../src/testing/describe-snapshot-store.js';
