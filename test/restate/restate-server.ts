import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from './eventually.js';

const { arch, platform } = process;
const binary = createRequire(import.meta.url).resolve(
  `@restatedev/restate-server-${platform}-${arch}/bin/restate-server`,
);
/** Starts the server, and kills it when whoever started it is gone, however that came. */
const KEEPER = '"$@" < /dev/null & cat > /dev/null; kill -9 $!; wait $!';

/** Restate's own server, on free ports of this machine, with a directory that outlives its process. */
export class RestateTestServer {
  readonly ingress: string;
  readonly admin: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'restate-'));
  #keeper: ChildProcess | null = null;

  private constructor([ingress, admin, node]: readonly number[]) {
    const address = (port: number | undefined) => `127.0.0.1:${port ?? 0}`;
    this.ingress = `http://${address(ingress)}`;
    this.admin = `http://${address(admin)}`;
    this.#environment = {
      PATH: process.env['PATH'],
      RESTATE_INGRESS__BIND_ADDRESS: address(ingress),
      RESTATE_ADMIN__BIND_ADDRESS: address(admin),
      RESTATE_BIND_ADDRESS: address(node),
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_DEFAULT_NUM_PARTITIONS: '4',
      RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '256MB',
    };
  }

  static async start(): Promise<RestateTestServer> {
    const server = new RestateTestServer(await freePorts(3));
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const args = ['--base-dir', this.#directory, '--node-name', 'test', '--no-logo'];
    const keeper = spawn('sh', ['-c', KEEPER, 'sh', binary, ...args], {
      env: this.#environment,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#keeper = keeper;
    await eventually(async () => (await fetch(`${this.admin}/health`)).ok);
    await eventually(async () => (await fetch(`${this.ingress}/restate/health`)).ok);
  }

  /** Kills it, as `kill -9` does. */
  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#keeper?.once('close', resolve));
    // The keeper kills it when nobody holds this any more.
    this.#keeper?.stdin?.end();
    await ended;
  }

  /** What Restate says to a question in SQL. */
  async query(sql: string): Promise<readonly Record<string, unknown>[]> {
    const response = await fetch(`${this.admin}/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query: sql }),
    });
    const { rows } = (await response.json()) as { rows: Record<string, unknown>[] };
    return rows;
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Those that the system gives to nobody by itself, so that they are still free after a process was killed. */
const [FIRST_PORT, LAST_PORT] = [15_000, 32_000];

export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
