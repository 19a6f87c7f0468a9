// An MCP server by hand: it does what no SDK lets a server do. Each of its tools is odd in a way of its own.
import { createInterface } from 'node:readline';

/** @typedef {{ id: number, method: string, params: { name: string, arguments: unknown, requestId?: number } }} Message */
/** @typedef {(message: Message) => void} Handler */

/** @type {string[]} */
const heard = [];
/** @type {(() => void)[]} */
const held = [];
let tells = 0;

/** @type {(line: string) => void} */
const say = (line) => {
  process.stdout.write(`${line}\n`);
};
/** @type {(id: number, result: unknown) => void} */
const answer = (id, result) => {
  say(JSON.stringify({ jsonrpc: '2.0', id, result }));
};
/** @type {(id: number, text: unknown) => void} */
const answerText = (id, text) => {
  answer(id, { content: [{ type: 'text', text }] });
};
const tellOfChange = () => {
  say('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
};

const withNumber = { $id: 'same', type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
/** @type {Record<string, unknown>[]} */
const tools = [
  ...['heard', 'noise', 'malformed', 'nothing', 'deep', 'kinds', 'wordless', 'learn', 'hold', 'pause'].map(
    (name) => ({ name }),
  ),
  { name: 'oddInput', inputSchema: 'what it likes' },
  { name: 'oddOutput', outputSchema: { type: 'object', properties: { n: { $ref: '#/nowhere' } } } },
  { name: 'slow', outputSchema: { type: 'object', properties: { n: { pattern: '^(a+)+$' } } } },
  { name: 'number', outputSchema: withNumber },
  { name: 'text', outputSchema: { ...withNumber, properties: { n: { type: 'string' } } } },
  { name: 'changes', outputSchema: withNumber },
];

/** @type {Record<string, Handler>} */
const calls = {
  heard: ({ id }) => {
    for (const release of held.splice(0)) release();
    answerText(id, heard.join());
  },
  noise: ({ id }) => {
    process.stdout.write('\n \r\n\ufeff\nServer v1 is up\n17\n{"level":"info"}\n{"jsonrpc":"2.0"}\n');
    say('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what?"}}');
    process.stdout.write(Uint8Array.of(0xff, 0x0a));
    process.stdout.write('\ufeff');
    answerText(id, 'goes on');
  },
  malformed: ({ id }) => {
    say(JSON.stringify({ jsonrpc: '2.0', id, result: null }));
  },
  nothing: ({ id }) => {
    answer(id, { content: 'none' });
  },
  deep: ({ id }) => {
    say(`{"jsonrpc":"2.0","id":4711,"result":{"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`);
    answerText(id, 'goes on');
  },
  kinds: ({ id }) => {
    answer(id, { content: [{ type: 'hologram', depth: 3 }], later: true });
  },
  wordless: ({ id }) => {
    answer(id, { content: [], isError: true });
  },
  learn: ({ id }) => {
    tools.push({ name: 'learnt' });
    answerText(id, 'I have learnt');
  },
  learnt: ({ id }) => {
    answerText(id, 'what I have learnt');
  },
  /** From now on the list of tools is held until it is asked what was heard. */
  hold: ({ id }) => {
    tells = 1;
    answerText(id, 'held');
  },
  pause: ({ id }) => {
    process.stdin.pause();
    setInterval(() => undefined, 1_000_000);
    answerText(id, 'sleeps');
  },
  oddInput: ({ id }) => {
    answerText(id, 'goes on');
  },
  oddOutput: ({ id }) => {
    answer(id, { structuredContent: { n: 1 } });
  },
  slow: ({ id }) => {
    answer(id, { structuredContent: { n: `${'a'.repeat(64)}!` } });
  },
  number: ({ id, params }) => {
    answer(id, { structuredContent: params.arguments });
  },
  text: ({ id, params }) => {
    answer(id, { structuredContent: params.arguments });
  },
  changes: ({ id }) => {
    tellOfChange();
    answer(id, { structuredContent: { n: 'by a new schema' } });
  },
};

/** @type {Record<string, Handler>} */
const handlers = {
  initialize: ({ id, params }) => {
    const { protocolVersion } = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (params));
    const serverInfo = { name: 'raw', version: '1.0.0' };
    answer(id, { protocolVersion, capabilities: { tools: {} }, serverInfo });
  },
  'tools/list': ({ id }) => {
    const odd = [null, 'heard', {}, { name: 5 }, { name: '' }];
    // The cursor leads in a circle.
    const tell = () => {
      answer(id, { tools: [...odd, ...tools], nextCursor: 'again' });
    };
    if (tells === 0) tell();
    else held.push(tell);
  },
  'tools/call': (message) => {
    calls[message.params.name]?.(message);
  },
};

/** @type {(message: unknown) => void} */
const hear = (message) => {
  const { method, params } = /** @type {Message} */ (message);
  heard.push(method === 'tools/call' ? params.name : method);
  handlers[method]?.(/** @type {Message} */ (message));
};
createInterface({ input: process.stdin }).on('line', (line) => {
  hear(JSON.parse(line));
});
