// An MCP server that behaves as its first argument says.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import * as z from 'zod';

const behaviour = process.argv[2] ?? '';
const server = new McpServer({ name: 'server', version: '1.0.0' });
/** @type {string[]} */
const heard = [];

const silent = () => undefined;
/** @type {(code: number, lastWords: string) => Promise<never>} */
const exit = (code, lastWords) =>
  new Promise(() => {
    process.stderr.write(lastWords, () => process.exit(code));
  });
/** @type {(value: unknown) => { content: { type: 'text', text: string }[] }} */
const answer = (text) => ({ content: [{ type: 'text', text: String(text) }] });

/** What is done in the middle of a call of `echo`. @type {Record<string, () => unknown>} */
const inRequest = {
  hangsInRequest: () => new Promise(silent),
  failsRequests: () => {
    throw new Error('no answer to that');
  },
  crashesInRequest: () => exit(3, 'it was all too much'),
  finishesInRequest: () => exit(0, 'it is done'),
  talksNonsense: () => process.stdout.write('a'.repeat(11 * 1024 * 1024)),
};

/** What is done instead of shaking hands, or before. @type {Record<string, () => unknown>} */
const inStart = {
  failsToStart: () => exit(4, 'not today'),
  refusesToStart: () => {
    process.stdin.once('data', () => {
      process.stdout.write('{"jsonrpc":"2.0","id":0,"error":{"code":-32603,"message":"not today"}}\n');
    });
    return new Promise(silent);
  },
  hangsInStart: () => {
    process.stdin.resume();
    return new Promise(silent);
  },
  hangsInStop: () => {
    process.on('SIGTERM', silent);
    setInterval(silent, 1_000_000);
  },
};

server.registerTool('echo', { inputSchema: { text: z.string() } }, async ({ text }, extra) => {
  await inRequest[behaviour]?.();
  if (behaviour === 'reportsProgress') await reportProgress(extra);
  return answer(text);
});

/** @param {import('@modelcontextprotocol/sdk/shared/protocol.js').RequestHandlerExtra<any, any>} extra */
async function reportProgress({ _meta, sendNotification }) {
  const progressToken = _meta?.progressToken;
  for (const progress of [1, 2, 3]) {
    await sendNotification({
      method: 'notifications/progress',
      params: { progressToken, progress, total: 3 },
    });
  }
}

/** Never answers, unless it is cancelled. */
server.registerTool('wait', {}, ({ signal }) => {
  heard.push('wait');
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      heard.push('cancelled');
      resolve(answer('cancelled'));
    });
  });
});

server.registerTool('heard', {}, () => answer(heard));

server.registerTool('learn', {}, () => {
  server.registerTool('learnt', {}, () => answer('what I have learnt'));
  return answer('I have learnt');
});

await inStart[behaviour]?.();
await server.connect(new StdioServerTransport());
