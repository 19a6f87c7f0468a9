import { afterEach } from '@jest/globals';
import { connect } from 'node:net';
import { type AgentHost, createAgentHost } from 'xstate-agent-lifecycle';
import { serveAgents, type AgentServer, type ServeOptions } from '../../src/server/serve-agents.js';
import { ScriptedDriver } from '../../../../test/host/scripted-driver.js';

const open: { host: AgentHost; server: AgentServer }[] = [];

afterEach(async () => {
  for (const { host, server } of open.splice(0)) {
    await host.shutdown({ force: true });
    await server.close();
  }
});

/** A host of one agent that runs, over HTTP, with the errors of which its server has told. */
export async function served(driver = new ScriptedDriver(), options: Partial<ServeOptions> = {}) {
  const host = createAgentHost({ drivers: { scripted: driver.factory } });
  const agent = host.deploy({ name: 'agent', driver: 'scripted' });
  await agent.run();
  const errors: unknown[] = [];
  const server = await serveAgents(host, {
    hostname: '127.0.0.1',
    port: 0,
    onError: (error) => errors.push(error),
    ...options,
  });
  open.push({ host, server });
  const port = Number(new URL(server.url).port);
  return { host, agent, driver, server, port, url: server.url, errors };
}

/** Sends bytes as they are, and resolves to all that is answered until the connection is closed. */
export function raw(port: number, text: string | Uint8Array, { leaves = false } = {}): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text, () => {
        if (leaves) socket.resetAndDestroy();
      });
    });
    socket.setEncoding('utf8');
    socket.on('data', (data: string) => (answer += data));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(answer);
    });
  });
}

/** The status, the headers by their names, and the body as JSON where it is. */
export function answerIn(text: string) {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  ) as Partial<Record<string, string>>;
  return { status: Number(first.split(' ')[1]), headers, body };
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
