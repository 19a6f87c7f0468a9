import { assertKnownKeys } from '../../values/assert-known-keys.js';
import type { SnapshotStore } from '../../host/persistence/snapshot-store.js';
import { SNAPSHOT_STORE_CONTRACT } from './snapshot-store-contract.js';
import { presentRunner, type TestRunner } from '../test-runner.js';
import { withCleanUp } from '../../util/clean-up.js';

/** A kind of store, as the contract of stores is tested on it. */
export interface SnapshotStoreFixture {
  /** An empty store of its own for each test. */
  readonly create: () => SnapshotStore | Promise<SnapshotStore>;
  /** Closes a store and opens it again. */
  readonly reopen: (store: SnapshotStore) => SnapshotStore | Promise<SnapshotStore>;
}

/** How the tests of a store are registered. */
export interface DescribeSnapshotStoreOptions {
  /** Milliseconds that a test may take, for runners that take one: 60 000 by default. */
  readonly timeout?: number;
  /** The global `describe` and `it`, or else those of node:test, where it is not given. */
  readonly runner?: TestRunner;
}

/** Registers the tests that each store must pass, in whatever runner is there. */
export function describeSnapshotStore(
  name: string,
  { create, reopen }: SnapshotStoreFixture,
  options: DescribeSnapshotStoreOptions = {},
): void {
  assertKnownKeys('DescribeSnapshotStoreOptions', options, ['runner', 'timeout']);
  const { runner = presentRunner(), timeout = 60_000 } = options;
  const { describe, it } = runner;
  describe(name, () => {
    for (const test of SNAPSHOT_STORE_CONTRACT) {
      it(
        test.name,
        async () => {
          let store = await create();
          await withCleanUp(
            () => test.run(store, async () => (store = await reopen(store))),
            () => {
              store.close();
            },
          );
        },
        timeout,
      );
    }
  });
}
