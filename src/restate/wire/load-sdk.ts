import type * as Clients from '@restatedev/restate-sdk-clients';
import type * as Sdk from '@restatedev/restate-sdk';
import { loadPackage } from '../../values/missing-package-error.js';
import { DistributedError } from './distributed-error.js';

export type RestateSdk = typeof Sdk;
export type RestateClients = typeof Clients;

const NEEDED_BY = 'The distributed tier';

/**
 * Restate's SDK, loaded where it is first needed: the rest of this entry runs without it, and on a Node without what it
 * needs.
 *
 * @throws {DistributedError} `NodeTooOld`
 * @throws {MissingPackageError}
 */
export async function loadSdk(): Promise<RestateSdk> {
  if (typeof (Promise as { withResolvers?: unknown }).withResolvers !== 'function') {
    const expected = 'Promise.withResolvers, which Node 22 and later have';
    throw new DistributedError({ code: 'NodeTooOld', expected, received: `Node ${process.versions.node}` });
  }
  return loadPackage('@restatedev/restate-sdk', NEEDED_BY, () => import('@restatedev/restate-sdk'));
}

/** @throws {MissingPackageError} */
export function loadClients(): Promise<RestateClients> {
  return loadPackage(
    '@restatedev/restate-sdk-clients',
    NEEDED_BY,
    () => import('@restatedev/restate-sdk-clients'),
  );
}
