import * as z from 'zod/mini';
import { DistributedError } from './wire/distributed-error.js';

const errorSchema = z.looseObject({ message: z.string() });
const TIMEOUT = 30_000;

/**
 * Registers services with Restate. A deployment with the same URL is replaced.
 *
 * @param admin where Restate's admin API is
 * @param uri where Restate reaches the services
 * @throws {DistributedError} `Unreachable`, `NotRestate`, `RegistrationRefused`
 */
export async function registerDeployment(admin: string, uri: string): Promise<void> {
  const response = await ask(`${admin}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri, force: true }),
  });
  if (response.ok) return;
  // The ingress refuses it in Restate's own words: it knows no such service.
  if (response.status === 404 || !(await ask(`${admin}/version`, { method: 'GET' })).ok) {
    throw new DistributedError({ code: 'NotRestate', url: admin, status: response.status });
  }
  const parsed = z.safeParse(errorSchema, await response.json().catch(() => null));
  if (!parsed.success) {
    throw new DistributedError({ code: 'NotRestate', url: admin, status: response.status });
  }
  throw new DistributedError({ code: 'RegistrationRefused', url: uri, reason: parsed.data.message });
}

/** @throws {DistributedError} `Unreachable`, `NotRestate` where `ingress` is not where Restate takes calls */
export async function checkIngress(ingress: string): Promise<void> {
  const { ok, status } = await ask(`${ingress}/restate/health`, { method: 'GET' });
  if (!ok) throw new DistributedError({ code: 'NotRestate', url: ingress, status });
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT) });
  } catch (error) {
    const { message, cause } = error as Error;
    const reason =
      cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : message;
    throw new DistributedError({ code: 'Unreachable', url, reason }, { cause: error });
  }
}
