import { afterEach } from '@jest/globals';
import {
  AgentId,
  AgentName,
  AgentVersion,
  RequestError,
  VersionNumber,
  type AgentDriver,
  type AgentDriverFactory,
  type OperationCall,
} from '../../src/index.js';

export { DriverCall, readAll, streamIn } from '../../src/testing/contracts/driver-call.js';

const drivers: AgentDriver[] = [];

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.dispose?.(operation('unloading'));
});

/** A driver that runs without a host, and what its agent reports by itself. */
export interface Driven {
  readonly driver: AgentDriver;
  readonly failures: unknown[];
}

/** Brings an agent up. It is disposed of after the test. */
export async function driven(createDriver: AgentDriverFactory, options: unknown): Promise<Driven> {
  const failures: unknown[] = [];
  const driver = createDriver({
    name: 'agent',
    options,
    fail: (reason) => failures.push(reason),
    finish: () => undefined,
    notice: () => undefined,
    output: () => undefined,
  });
  drivers.push(driver);
  await driver.load?.(operation('loading'));
  await driver.instantiate?.(operation('instantiating'));
  await driver.start?.(operation('starting'));
  return { driver, failures };
}

/** The reason with which a host aborts a request whose time is over. */
export function outOfTime(): RequestError {
  return new RequestError('RequestTimedOut', 'agent');
}

function operation(name: OperationCall['operation']): OperationCall {
  return {
    agentId: AgentId.generate(),
    agentName: AgentName.parse('agent'),
    version: AgentVersion.generate(),
    versionNumber: VersionNumber.first,
    operation: name,
    forced: false,
    signal: new AbortController().signal,
  };
}
