import { afterAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { createAgentApp } from '../../packages/agent-lifecycle/src/server/agent-app.js';
import { createAgentHost } from '../../src/index.js';
import { readConfig } from '../../packages/agent-lifecycle/src/command/config/config.js';
import { driverFactories } from '../../packages/agent-lifecycle/src/command/config/drivers.js';
import { RestateTestServer } from '../restate/restate-server.js';

const DOCS = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter((file) =>
  file.endsWith('.md'),
);
/** Within the package, so that a snippet imports it by its name as a user does: the one that was built. */
const FOLDER = 'dist/snippets';

interface Snippet {
  readonly place: string;
  readonly language: string;
  readonly code: string;
  /** What its last lines, `// → …` or `# → …`, say that it prints. */
  readonly output: string;
}

const snippets = DOCS.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(
    ([, language = '', code = ''], index): Snippet => ({
      place: `${path.basename(file, '.md')}-${index}`,
      language,
      code,
      output: [...code.matchAll(/^(?:\/\/|#) → (.*)$/gm)].map(([, line]) => `${String(line)}\n`).join(''),
    }),
  ),
);
const programs = snippets.filter(({ language }) => language === 'ts');

for (const { place, code } of snippets) {
  mkdirSync(folderOf(place), { recursive: true });
  // A snippet that begins with a comment that is a file's name is that file, beside the programs of its page.
  const [, name] = /^(?:\/\/|#) ([\w.-]+\.\w+)\n/.exec(code) ?? [];
  if (name !== undefined) writeFileSync(`${folderOf(place)}/${name}`, code);
}
afterAll(() => {
  rmSync(FOLDER, { recursive: true });
});

/** The folder of the page that a snippet is on. */
function folderOf(place: string): string {
  return `${FOLDER}/${place.replace(/-\d+$/, '')}`;
}

/** Runs a program in its own folder. */
function onNode(file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  return promisify(execFile)(process.execPath, [...args, path.resolve(file)], {
    cwd: path.dirname(file),
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
}

/** Those that talk to Restate do so with a server of their own, and with what Node 20 lacks. */
async function onRestate(file: string) {
  const server = await RestateTestServer.start();
  try {
    const env = { RESTATE_INGRESS_URL: server.ingress, RESTATE_ADMIN_URL: server.admin };
    const resolvers = path.resolve('test/restate/with-resolvers.mjs');
    return await onNode(file, ['--import', resolvers], env);
  } finally {
    await server.dispose();
  }
}

describe('the snippets of the docs', () => {
  it('are of languages that are checked here', () => {
    expect(new Set(snippets.map(({ language }) => language))).toEqual(
      new Set(['sh', 'ts', 'js', 'py', 'json', 'mermaid']),
    );
  });

  it('compile as they are', () => {
    const files = programs.map(({ place, code }) => {
      const file = `${folderOf(place)}/${place}.ts`;
      writeFileSync(file, code);
      return file;
    });
    const { options } = ts.parseJsonConfigFileContent(
      ts.readConfigFile('tsconfig.json', (file) => ts.sys.readFile(file)).config,
      ts.sys,
      '.',
    );
    const program = ts.createProgram(files, { ...options, noEmit: true });
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(
        ({ file, messageText }) =>
          `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      );
    expect(problems).toEqual([]);
  });

  it.each(programs)('print what they say: $place', async ({ place, code, output }) => {
    const file = `${folderOf(place)}/${place}.mjs`;
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
    writeFileSync(file, ts.transpileModule(code, { compilerOptions }).outputText);
    const { stdout } = await (code.includes('RESTATE_INGRESS_URL') ? onRestate(file) : onNode(file));
    expect([stdout, output]).toEqual([output, expect.stringContaining('\n')]);
  });

  it('answer by curl what they say', async () => {
    const { agents } = await readConfig('examples/agents.json');
    const drivers = await driverFactories(new Set(agents.map(({ driver }) => driver)));
    const host = createAgentHost({ drivers });
    for (const spec of agents) await host.deploy(spec).run();
    const app = createAgentApp(host, { allowedHosts: ['127.0.0.1'], closing: new AbortController().signal });
    const calls = snippets.flatMap(({ code }) => [
      ...code.matchAll(/^curl (?:-N )?(?:-H '(.*): (.*)' )?-d '(.*)' (http:\S+)\n# → (.*)$/gm),
    ]);
    expect(calls.length).toBeGreaterThan(0);
    for (const [, name, value = '', body = '', url = '', answer] of calls) {
      const headers = { host: new URL(url).host, ...(name !== undefined && { [name]: value }) };
      const response = await app.request(url, { method: 'POST', body, headers });
      expect(await response.text()).toBe(answer);
    }
    await host.shutdown();
  });

  it.each(snippets.filter(({ language }) => language === 'json'))(
    'are configs: $place',
    async ({ place, code }) => {
      const file = `${FOLDER}/${place}.json`;
      writeFileSync(file, code);
      expect((await readConfig(file)).agents).toHaveLength(1);
    },
  );

  it.each(snippets.filter(({ language }) => language === 'js'))('are JavaScript: $place', ({ code }) => {
    const { diagnostics = [] } = ts.transpileModule(code, {
      reportDiagnostics: true,
      compilerOptions: { allowJs: true },
    });
    expect(diagnostics).toEqual([]);
  });

  it.each(snippets.filter(({ language }) => language === 'sh'))(
    'name scripts that there are: $place',
    ({ code }) => {
      const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
        scripts: Record<string, string>;
      };
      const named = [...code.matchAll(/npm (?:run )?(start|test|[a-z]+:[a-z]+)/g)].map(([, name]) =>
        String(name),
      );
      expect(named.filter((name) => !(name in scripts))).toEqual([]);
    },
  );
});

describe('a table of codes', () => {
  it.each([
    [
      'StateTransitionError',
      'src/values/state-transition-error.ts',
      /^ {2}(\w+): \(\{/gm,
      'docs/reference.md',
      'Error code',
    ],
    [
      'RequestError',
      'src/host/requests/request-error.ts',
      /^ {2}([A-Z]\w+): ["']/gm,
      'docs/reference.md',
      'Code of `RequestError`',
    ],
    [
      'DistributedError',
      'src/restate/wire/distributed-error.ts',
      /^ {2}(\w+): \(/gm,
      'docs/distributed.md',
      'Code',
    ],
  ])('lists every code of %s', (_, source, pattern, page, head) => {
    const codes = [...readFileSync(source, 'utf8').matchAll(pattern)].map(([, code]) => String(code));
    const [, table = ''] = readFileSync(page, 'utf8').split(`| ${head} `);
    const [rows = ''] = table.split('\n\n');
    const listed = [...rows.matchAll(/^\| `(\w+)`/gm)].map(([, code]) => String(code));
    expect(listed.sort()).toEqual(codes.sort());
  });
});
