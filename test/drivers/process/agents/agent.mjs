// An agent that behaves as its first argument says.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * @typedef {object} Question
 * @property {number} id
 * @property {string} do
 * @property {unknown} [payload]
 * @property {boolean} [forced]
 * @property {unknown} [resume]
 */
/** @typedef {(question: Question) => void} Handler */

/** @type {(line: string) => void} */
const say = (line) => {
  process.stdout.write(`${line}\n`);
};
/** @type {(id: number, value?: unknown) => void} */
const answer = (id, value) => {
  say(JSON.stringify({ id, ok: true, value }));
};
/** @type {(id: number, message: string) => void} */
const refuse = (id, message) => {
  say(JSON.stringify({ id, ok: false, error: { message, code: 'Refused' } }));
};
/** @type {(id: number, message: object) => void} */
const tell = (id, message) => {
  say(JSON.stringify({ id, ...message }));
};
const silent = () => undefined;
const ignoreEverything = () => {
  process.on('SIGTERM', silent);
  setInterval(silent, 1_000_000);
};
/** @type {string[]} */
const heard = [];
/** @type {Question[]} */
const held = [];
/** The timers of streams without end, by the ids of their requests. @type {Map<number, NodeJS.Timeout>} */
const streaming = new Map();

/** @type {Record<string, Handler>} */
const echo = {
  start: ({ id }) => {
    answer(id);
  },
  request: ({ id, payload }) => {
    answer(id, payload);
  },
  cancel: silent,
  stop: ({ id }) => {
    answer(id);
  },
};

/** @type {Record<string, Record<string, Handler>>} */
const behaviours = {
  echo: {},
  failsToStart: {
    start: ({ id }) => {
      refuse(id, 'not today');
    },
  },
  hangsInStart: { start: silent },
  hangsInRequest: { request: silent },
  hangsInStop: {
    start: ({ id }) => {
      ignoreEverything();
      answer(id);
    },
    stop: silent,
  },
  failsRequests: {
    request: ({ id }) => {
      refuse(id, 'no answer to that');
    },
  },
  crashesInRequest: {
    request: () => {
      process.stderr.write('it was all too much\n', () => process.exit(3));
    },
  },
  streams: {
    request: ({ id }) => {
      for (let chunk = 0; chunk < 200; chunk++) tell(id, { chunk });
      answer(id);
    },
  },
  streamsForEver: {
    request: ({ id }) => {
      const timer = setInterval(() => {
        tell(id, { chunk: streaming.size });
      }, 1);
      streaming.set(id, timer);
    },
    cancel: ({ id }) => {
      clearInterval(streaming.get(id));
      streaming.delete(id);
    },
  },
  failsInStream: {
    request: ({ id }) => {
      for (const chunk of [0, 1, 2]) tell(id, { chunk });
      refuse(id, 'it has no more');
    },
  },
  handsOver: {
    request: (question) => {
      if (question.resume === undefined) held.push(question);
      else answer(question.id, question.resume);
    },
    drain: () => {
      for (const { id } of held.splice(0)) tell(id, { ok: true, handOver: { at: 1 } });
    },
  },
  reportsProgress: {
    request: ({ id, payload }) => {
      for (const progress of [1, 2, 3]) tell(id, { progress });
      answer(id, payload);
    },
  },
  /** Says to each request the lines that are its payload, with its id in the place of `ID`, and of `HEARD` what it has heard. */
  says: {
    request: ({ id, payload }) => {
      for (const line of /** @type {string[]} */ (payload))
        say(line.replaceAll('ID', String(id)).replaceAll('HEARD', JSON.stringify(heard)));
    },
    cancel: ({ id }) => {
      heard.push(`cancel ${id}`);
    },
    drain: () => {
      heard.push('drain');
    },
  },
  /** Says the chunk in its payload so many times. */
  floods: {
    request: ({ id, payload }) => {
      if (payload === 'heard') {
        answer(id, heard);
      } else if (payload === 'flush') {
        answer(id);
      } else {
        const [chunk, times, goesOn] = /** @type {[string, number, unknown?]} */ (payload);
        for (let count = 0; count < times; count++) tell(id, { chunk });
        if (goesOn === undefined) answer(id);
      }
    },
    cancel: ({ id }) => {
      heard.push(`cancel ${id}`);
    },
  },
  /** Answers with the request as it came. */
  repeats: {
    request: (question) => {
      answer(question.id, { ...question, heard });
    },
    drain: () => {
      heard.push('drain');
    },
  },
  finishesInRequest: { request: () => process.exit(0) },
  diesInStart: {
    start: () => {
      process.stderr.write('no luck\n', () => process.exit(4));
    },
  },
  failsToStop: {
    request: silent,
    stop: ({ id }) => {
      refuse(id, 'something was not saved');
    },
  },
  /** Answers two requests at a time, the second before the first. */
  answersBackwards: {
    request: (question) => {
      held.push(question);
      if (held.length === 2) for (const { id, payload } of held.splice(0).reverse()) answer(id, payload);
    },
  },
  /** Answers what it has heard when it is asked so, and what it is told to cancel once more. */
  remembers: {
    request: ({ id, payload }) => {
      heard.push(`request ${String(payload)}`);
      if (payload === 'heard') answer(id, heard);
    },
    cancel: ({ id }) => {
      heard.push('cancel');
      answer(id, 'too late');
    },
  },
  /** Says whatever it is asked to say, as it is. */
  parrots: {
    request: ({ payload }) => {
      say(String(payload));
    },
  },
  babbles: {
    request: () => {
      setInterval(() => process.stdout.write('a'.repeat(700)), 1);
    },
  },
  mumbles: {
    request: () => {
      process.stdout.write(Uint8Array.of(0xff, 0x0a));
    },
  },
  /** Ignores all but SIGKILL, with a child that does the same, and answers who they are. */
  family: {
    start: ({ id }) => {
      ignoreEverything();
      answer(id);
    },
    request: ({ id }) => {
      withChild((pid) => {
        answer(id, [process.pid, pid]);
      });
    },
    stop: silent,
  },
  /** Has a child that has left the group, and holds the pipes of its parent. */
  escapes: {
    request: ({ id }) => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1_000_000)'], {
        stdio: ['ignore', 'inherit', 'inherit'],
        detached: true,
      });
      child.unref();
      answer(id, [process.pid, child.pid]);
    },
  },
  /** Crashes, and leaves a child whose number is its last word. */
  orphans: {
    request: () => {
      withChild((pid) => {
        process.stderr.write(`${pid}`, () => process.exit(5));
      });
    },
  },
  environment: {
    request: ({ id }) => {
      answer(id, process.env);
    },
  },
  /** Answers how it was started. */
  situation: {
    request: ({ id }) => {
      answer(id, { args: process.argv.slice(3), cwd: process.cwd(), env: process.env });
    },
  },
  /** Reads no more when it is told to, until SIGUSR1; at SIGUSR2 it answers its fourth question, heard or not. */
  pauses: {
    request: ({ id, payload }) => {
      heard.push(`request ${String(payload).slice(0, 10)}`);
      if (payload === 'heard') answer(id, heard);
      if (payload !== 'pause') return;
      process.stdin.pause();
      const alive = setInterval(silent, 1_000_000);
      process.once('SIGUSR1', () => {
        clearInterval(alive);
        process.stdin.resume();
      });
      process.once('SIGUSR2', () => {
        answer(4);
      });
      answer(id, process.pid);
    },
    cancel: ({ id }) => {
      heard.push(`cancel ${id}`);
    },
  },
};

const STUBBORN = `
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1_000_000);
  process.stdout.write('up');
`;

/** @type {(then: (pid: number | undefined) => void) => void} */
function withChild(then) {
  const child = spawn(process.execPath, ['-e', STUBBORN], { stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.once('data', () => {
    then(child.pid);
  });
}

const handlers = { ...echo, ...behaviours[process.argv[2] ?? ''] };
/** @type {(said: unknown) => void} */
const hear = (said) => {
  const question = /** @type {Question} */ (said);
  handlers[question.do]?.(question);
};
createInterface({ input: process.stdin }).on('line', (line) => {
  hear(JSON.parse(line));
});
