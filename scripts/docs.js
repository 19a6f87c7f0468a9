// Writes what the reference says of the statechart, its diagram, its states and its events, and the JSON Schemas of the
// conformance protocol and of the config.
// With --check it changes nothing and fails when what is written is stale.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { agentLifecycleMachine } from 'xstate-agent-lifecycle';
import { importSource } from './import-source.js';

const APPLICATION = 'packages/agent-lifecycle/src';
const { configJsonSchema } =
  /** @type {typeof import('../packages/agent-lifecycle/src/command/config/config-schema.js')} */ (
    await importSource(`${APPLICATION}/command/config/config-schema.ts`)
  );
const { protocolJsonSchema } =
  /** @type {typeof import('../packages/agent-lifecycle/src/command/conform/protocol.js')} */ (
    await importSource(`${APPLICATION}/command/conform/protocol.ts`)
  );
const { CHART_NAMES } = /** @type {typeof import('../packages/agent-lifecycle/src/drawing/charts.js')} */ (
  await importSource(`${APPLICATION}/drawing/charts.ts`)
);

const FILE = 'docs/reference.md';
/** @type {import('../packages/agent-lifecycle/src/drawing/export-chart.js').exportChart} */
function exportChart(name, format) {
  return Promise.resolve(
    execFileSync(process.execPath, ['packages/agent-lifecycle/bin.js', 'export', name, '--format', format], {
      encoding: 'utf8',
    }).trimEnd(),
  );
}
/** @type {Record<string, () => object>} */
const schemas = {
  'docs/conformance.schema.json': protocolJsonSchema,
  'docs/config.schema.json': configJsonSchema,
};

/** @typedef {import('xstate').AnyStateNode} Node */

const diagram = await exportChart('lifecycle', 'mermaid');

/** @type {Record<string, () => string>} */
const parts = {
  diagram: () => fenced(diagram),
  states: () =>
    table(
      ['State', 'Children', 'What it is'],
      nodesIn(agentLifecycleMachine.root).map((node) => [
        `\`${node.key}\``,
        nodesIn(node)
          .map((child) => `\`${child.key}\``)
          .join(', '),
        node.description ?? '',
      ]),
    ),
  events: () => table(['Event', 'Taken in', 'What it does'], events()),
};

await write(
  FILE,
  'markdown',
  Object.entries(parts).reduce(
    (whole, [name, part]) => replacePart(whole, name, part()),
    readFileSync(FILE, 'utf8'),
  ),
);
for (const name of CHART_NAMES) {
  await write(`docs/charts/${name}.json`, 'json', await exportChart(name, 'json'));
  for (const format of /** @type {const} */ (['svg', 'dot'])) {
    await write(`docs/charts/${name}.${format}`, null, `${await exportChart(name, format)}\n`);
  }
}
await write('docs/statechart.md', 'markdown', await statechartPage());
for (const [file, schema] of Object.entries(schemas)) await write(file, 'json', JSON.stringify(schema()));

async function statechartPage() {
  const charts = CHART_NAMES.map(async (name) => {
    const files = ['svg', 'dot', 'json'].map((type) => `[${name}.${type}](charts/${name}.${type})`);
    return [
      `## The ${name}`,
      `![The statechart of the ${name}](charts/${name}.svg)`,
      `${files.join(', ')}; as Mermaid draws it:`,
      fenced(await exportChart(name, 'mermaid')),
    ].join('\n\n');
  });
  const capacity =
    'The input of the lifecycle is that of `AgentLifecycle.create`, and `capacity`: how many requests may be pending at once, 1 to' +
    ' 10 000, 10 000 by default. The guard `hasCapacity` compares with it; at capacity, `request.accept` is refused as' +
    ' `TooManyPendingRequests`.';
  return [
    '# The statecharts',
    '<!-- Generated from machines/ by npm run docs:diagram. -->',
    'Drawn from the machines themselves, as `agent-lifecycle export <chart> --format mermaid|dot|svg|json` does. The JSON opens' +
      " in Stately Studio's import.",
    capacity,
    ...(await Promise.all(charts)),
  ].join('\n\n');
}

/** @type {(diagram: string) => string} */
function fenced(diagram) {
  return `\`\`\`mermaid\n${diagram}\n\`\`\``;
}

/** @type {(file: string, parser: string | null, content: string) => Promise<void>} */
async function write(file, parser, content) {
  const fresh = parser === null ? content : await format(content, { ...(await resolveConfig(file)), parser });
  mkdirSync(path.dirname(file), { recursive: true });
  if (!process.argv.includes('--check')) writeFileSync(file, fresh);
  else if (!existsSync(file) || fresh !== readFileSync(file, 'utf8')) {
    process.stderr.write(`${file} is stale: run npm run docs:diagram\n`);
    process.exitCode = 1;
  }
}

/** @type {(whole: string, name: string, part: string) => string} */
function replacePart(whole, name, part) {
  const [begin, end] = [`<!-- ${name}: generated -->`, `<!-- /${name} -->`];
  const [from, to] = [whole.indexOf(begin), whole.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${FILE} has no place for ${name}`);
  return `${whole.slice(0, from + begin.length)}\n\n${part}\n\n${whole.slice(to)}`;
}

/** One row for each thing that an event does, with the states in which it does that. */
function events() {
  /** @type {Map<string, { event: string, places: string[], description: string }>} */
  const rows = new Map();
  for (const node of descendantsOf(agentLifecycleMachine.root)) {
    for (const [event, transitions] of node.transitions) {
      for (const { description = '' } of event.startsWith('xstate.') || event === '*' ? [] : transitions) {
        const row = rows.get(`${event} ${description}`) ?? { event, places: [], description };
        row.places.push(`\`${node.path.join('.')}\``);
        rows.set(`${event} ${description}`, row);
      }
    }
  }
  return [...rows.values()]
    .sort((a, b) => a.event.localeCompare(b.event))
    .map(({ event, places, description }) => [`\`${event}\``, places.join(', '), description]);
}

/** @type {(heads: string[], rows: string[][]) => string} */
function table(heads, rows) {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @type {(node: Node) => Node[]} */
function nodesIn(node) {
  return Object.values(node.states);
}

/** @type {(node: Node) => Node[]} */
function descendantsOf(node) {
  return nodesIn(node).flatMap((child) => [child, ...descendantsOf(child)]);
}
