import type * as Clients from '@restatedev/restate-sdk-clients';
import type * as Sdk from '@restatedev/restate-sdk';
import { DistributedError } from './distributed-error.js';

export type RestateSdk = typeof Sdk;
export type RestateClients = typeof Clients;

/**
 * Restate's SDK, loaded where it is first needed: the rest of this entry runs without it, and on a Node without what it
 * needs.
 *
 * @throws {DistributedError} `NodeTooOld`, `PackageMissing`
 */
export async function loadSdk(): Promise<RestateSdk> {
  if (typeof (Promise as { withResolvers?: unknown }).withResolvers !== 'function') {
    const expected = 'Promise.withResolvers, which Node 22 and later have';
    throw new DistributedError({ code: 'NodeTooOld', expected, received: `Node ${process.versions.node}` });
  }
  return load('@restatedev/restate-sdk', () => import('@restatedev/restate-sdk'));
}

/** @throws {DistributedError} `PackageMissing` */
export function loadClients(): Promise<RestateClients> {
  return load('@restatedev/restate-sdk-clients', () => import('@restatedev/restate-sdk-clients'));
}

async function load<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new DistributedError({ code: 'PackageMissing', package: name }, { cause: error });
  }
}
