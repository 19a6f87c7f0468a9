import * as z from 'zod/mini';
import { DistributedError } from './distributed-error.js';

const errorSchema = z.looseObject({ message: z.string() });
const TIMEOUT = 30_000;

/**
 * Tells Restate where services are. A deployment that it knows by the same URL takes the place of that.
 *
 * @param admin where Restate's admin API is
 * @param uri where Restate reaches the services
 * @throws {DistributedError} `Unreachable`, `NotRestate`, `RegistrationRefused`
 */
export async function registerDeployment(admin: string, uri: string): Promise<void> {
  const response = await post(`${admin}/deployments`, { uri, force: true });
  if (response.ok) return;
  const parsed = z.safeParse(errorSchema, await response.json().catch(() => null));
  if (!parsed.success) {
    throw new DistributedError({ code: 'NotRestate', url: admin, status: response.status });
  }
  throw new DistributedError({ code: 'RegistrationRefused', url: uri, reason: parsed.data.message });
}

async function post(url: string, body: unknown): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT),
    });
  } catch (error) {
    const { message, cause } = error as Error;
    const reason =
      cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : message;
    throw new DistributedError({ code: 'Unreachable', url, reason }, { cause: error });
  }
}
