import { afterAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { loadPackage } from '../src/index.js';
import { withoutPackage } from './without-package.js';

const run = promisify(execFile);

/** What a program prints as JSON on a machine without a package. */
async function printedWithout(name: string, program: string, cwd = '.'): Promise<unknown> {
  const args = ['--import', withoutPackage(name), '--input-type=module', '--eval', program];
  const env = { ...process.env, NODE_OPTIONS: '' };
  return JSON.parse((await run(process.execPath, args, { cwd, env })).stdout);
}

/** A folder with the library and what it cannot do without: its workers see no loader of their parent. In /tmp others install. */
const bare = mkdtempSync(path.join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), 'bare-'));
const modules = path.join(bare, 'node_modules');
mkdirSync(path.join(modules, 'xstate-agent-lifecycle/dist'), { recursive: true });
for (const part of ['package.json', 'dist/esm']) {
  cpSync(part, path.join(modules, 'xstate-agent-lifecycle', part), { recursive: true });
}
for (const name of ['xstate', 'uuid', 'zod']) {
  symlinkSync(path.resolve('node_modules', name), path.join(modules, name));
}

afterAll(() => {
  rmSync(bare, { recursive: true });
});

const DESCRIBE = 'const told = ({ name, code, detail, message }) => ({ name, code, detail, message });';

function missing(name: string, neededBy: string) {
  return {
    name: 'MissingPackageError',
    code: 'PackageMissing',
    detail: { code: 'PackageMissing', package: name, neededBy },
    message: `${neededBy} needs a package that is not installed: npm install ${name}`,
  };
}

describe('a package that is not installed', () => {
  it('leaves every entry to be imported', async () => {
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: object };
    const entries = Object.keys(exports).filter((entry) => entry !== './package.json');
    const names = entries.map((entry) => JSON.stringify(`xstate-agent-lifecycle${entry.slice(1)}`));
    const program = `
      const entries = await Promise.all([${names.join(', ')}].map((name) => import(name)));
      console.log(entries.every((entry) => Object.keys(entry).length > 0));
    `;
    for (const name of ['@modelcontextprotocol/sdk', '@extism/extism', '@statelyai/inspect', '@restatedev']) {
      expect([name, await printedWithout(name, program)]).toEqual([name, true]);
    }
  });

  it.each([
    {
      name: '@modelcontextprotocol/sdk',
      neededBy: 'The MCP driver',
      driver: 'mcp',
      options: { command: 'node' },
    },
    {
      name: '@extism/extism',
      neededBy: 'The WebAssembly driver',
      driver: 'wasm',
      options: { module: path.resolve('examples/agents/word-count.wasm'), entrypoint: 'handle' },
    },
  ])('$name is named by the agent that needs it', async ({ name, neededBy, driver, options }) => {
    const program = `
      import { createAgentHost } from 'xstate-agent-lifecycle';
      import { ${driver}Driver } from 'xstate-agent-lifecycle/drivers/${driver}';
      ${DESCRIBE}
      const host = createAgentHost({ drivers: { it: ${driver}Driver() } });
      const agent = host.deploy({ name: 'a', driver: 'it', options: ${JSON.stringify(options)} });
      const { error } = await agent.run();
      console.log(JSON.stringify({ cause: told(error.cause), state: agent.state, message: error.message }));
      await host.shutdown({ force: true });
    `;
    const error = missing(name, neededBy);
    expect(await printedWithout(name, program, bare)).toEqual({
      cause: error,
      state: 'failed',
      message: expect.stringMatching(new RegExp(`: ${error.message}$`)),
    });
  });

  it.each(['@restatedev/restate-sdk', '@restatedev/restate-sdk-clients'])(
    '%s is named by the distributed tier',
    async (name) => {
      const program = `
        Promise.withResolvers ??= () => ({});
        const { createLifecycleClient, serveRestate } = await import('xstate-agent-lifecycle/restate');
        ${DESCRIBE}
        const url = 'http://127.0.0.1:1';
        const call = ${JSON.stringify(name)}.endsWith('clients')
          ? createLifecycleClient({ ingress: url }).status('a')
          : serveRestate({ ingress: url, admin: url, host: 'a', drivers: {} });
        console.log(JSON.stringify(told(await call.catch((error) => error))));
      `;
      expect(await printedWithout(name, program)).toEqual(missing(name, 'The distributed tier'));
    },
  );
});

describe('loadPackage', () => {
  const notFound = (code: string, message: string) => Object.assign(new Error(message), { code });

  it.each([
    ['ERR_MODULE_NOT_FOUND', "Cannot find package '@some/thing' imported from /a/b.js"],
    ['MODULE_NOT_FOUND', "Cannot find module '@some/thing/part.js'\nRequire stack:\n- /a/b.js"],
  ])('tells that a package is missing, by %s', async (code, message) => {
    const cause = notFound(code, message);
    const loading = loadPackage('@some/thing', 'A driver', () => Promise.reject(cause));
    await expect(loading).rejects.toMatchObject(missing('@some/thing', 'A driver'));
  });

  it.each([
    [
      'what the package itself lacks',
      notFound('ERR_MODULE_NOT_FOUND', "Cannot find package 'other' imported from '@some/thing'"),
    ],
    ['what it throws', new Error("'@some/thing'")],
    ['what is no error', null],
  ])('throws %s as it is', async (_, thrown) => {
    await expect(loadPackage('@some/thing', 'A driver', () => Promise.reject(thrown as Error))).rejects.toBe(
      thrown,
    );
  });

  it('resolves to what was loaded', async () => {
    expect(await loadPackage('zod', 'A driver', () => 'loaded')).toBe('loaded');
  });
});
