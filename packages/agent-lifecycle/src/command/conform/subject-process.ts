import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod';
import { responseSchema, type ConformanceRequest, type ConformanceResponse } from './protocol.js';
import type { LifecycleView } from '../../../../../src/testing/lifecycle-step.js';
import type {
  CreateSubject,
  LifecycleSubject,
  SubjectInput,
} from '../../../../../src/testing/lifecycle-subject.js';
import { SubjectProcessError } from './subject-process-error.js';

type Request = ConformanceRequest extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'id'>
    : never
  : never;

/** Milliseconds that a subject has to go by itself once it was told that the conversation ends. */
const FAREWELL = 1_000;
const MAX_SHOWN_CHARACTERS = 200;
/** Bytes of a line, far over what an answer needs. */
const MAX_UNBROKEN = 1024 * 1024;
const NEWLINE = 10;

/** A program that speaks the conformance protocol over its stdin and stdout. It holds one agent at a time. */
export class SubjectProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answerTimeout: number;
  readonly #exited: Promise<void>;
  #waiting: ((line: string | SubjectProcessError) => void) | null = null;
  #failure: SubjectProcessError | null = null;
  #lastId = 0;

  /** @param options.answerTimeout milliseconds that the subject may take for an answer */
  constructor([program = '', ...args]: readonly string[], { answerTimeout }: { answerTimeout: number }) {
    this.#answerTimeout = answerTimeout;
    // In a group of its own: what starts the subject, a shell or npx, is not the subject.
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    this.#exited = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#fail(new SubjectProcessError('Crashed', error.message, { cause: error }));
        resolve();
      });
      this.#child.on('exit', (code, signal) => {
        this.#fail(new SubjectProcessError('Crashed', signal ?? `exit code ${String(code)}`));
        resolve();
      });
    });
    // That it reads no more is told by its end.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.on(
      'data',
      boundedBy(MAX_UNBROKEN, () => {
        this.#fail(
          new SubjectProcessError('Nonsense', `it spoke more than ${MAX_UNBROKEN} bytes in one line`),
        );
      }),
    );
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      if (this.#waiting !== null) this.#waiting(line);
      else this.#fail(new SubjectProcessError('Nonsense', `it spoke unasked: ${shown(line)}`));
    });
  }

  readonly createSubject: CreateSubject = async (input: SubjectInput): Promise<LifecycleSubject> => {
    let view = (await this.ask({ do: 'create', input })).view;
    const seen = (response: ConformanceResponse): ConformanceResponse => {
      view = response.view;
      return response;
    };
    return {
      send: async (event) => seen(await this.ask({ do: 'send', event })),
      settle: async (operation, { type, ...message }) =>
        seen(await this.ask({ do: 'settle', operation, outcome: type, ...message } as Request)),
      advance: async (ms) => seen(await this.ask({ do: 'advance', ms })),
      state: (): LifecycleView => view,
      dispose: () => undefined,
    };
  };

  /** @throws {SubjectProcessError} when the subject ends, hangs, or says something else than an answer */
  async ask(request: Request): Promise<ConformanceResponse> {
    if (this.#failure !== null) throw this.#failure;
    const id = ++this.#lastId;
    this.#child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    const response = this.#parse(await this.#line());
    if (response.id === id) return response;
    const detail = `it answered ${response.id} when it was asked ${id}`;
    throw this.#fail(new SubjectProcessError('Nonsense', detail));
  }

  /** Ends the conversation, and the subject if it does not go by itself. */
  async close(): Promise<void> {
    const timer = setTimeout(() => {
      this.#kill();
    }, FAREWELL);
    if (this.#failure === null) {
      this.#child.stdin.write(`${JSON.stringify({ id: ++this.#lastId, do: 'end' })}\n`);
    }
    this.#child.stdin.end();
    await this.#exited;
    clearTimeout(timer);
    this.#kill();
    this.#child.stdout.destroy();
  }

  #line(): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(new SubjectProcessError('Hung', `${this.#answerTimeout} ms`));
      }, this.#answerTimeout);
      this.#waiting = (line) => {
        clearTimeout(timer);
        this.#waiting = null;
        if (typeof line === 'string') resolve(line);
        else reject(line);
      };
    });
  }

  #parse(line: string): ConformanceResponse {
    try {
      return responseSchema.parse(JSON.parse(line));
    } catch (error) {
      const problem = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
      throw this.#fail(new SubjectProcessError('Nonsense', `${shown(line)}\n${problem}`, { cause: error }));
    }
  }

  /** Ends the subject and all that it has started, unless that has left its group. */
  #kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody is left.
    }
  }

  #fail(error: SubjectProcessError): SubjectProcessError {
    // Nothing that it still says matters, and it may say it for ever.
    if (this.#failure === null) this.#kill();
    this.#failure ??= error;
    this.#waiting?.(error);
    return error;
  }
}

/** Listens for data and calls back when too much of it comes without the end of a line. */
function boundedBy(limit: number, onExceeded: () => void): (data: Buffer) => void {
  let unbroken = 0;
  return (data) => {
    const last = data.lastIndexOf(NEWLINE);
    unbroken = last < 0 ? unbroken + data.length : data.length - last;
    if (unbroken > limit) onExceeded();
  };
}

/** What a subject said, cut to a readable length. */
function shown(line: string): string {
  return JSON.stringify(line.slice(0, MAX_SHOWN_CHARACTERS));
}
