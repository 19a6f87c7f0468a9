import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestByTls } from 'node:https';
import { text } from 'node:stream/consumers';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import * as z from 'zod';
import type { SwapSpec } from 'xstate-agent-lifecycle';
import {
  agentViewSchema,
  commandResultSchema,
  errorResultSchema,
  swapResultSchema,
  type AgentView,
  type CommandResult,
  type SwapResult,
} from '../../wire/agent-view.js';
import { journalEntrySchema, type JournalEntryView } from '../../wire/journal-entry.js';
import { HostClientError } from './host-client-error.js';
import { UsageError } from '../command-error.js';

export type AgentCommand = 'run' | 'drain' | 'stop' | 'cordon' | 'uncordon';

export interface AgentRequestOptions {
  readonly body: string | Uint8Array;
  /** The media type of the body; that of a text, or of bytes, by default. */
  readonly type?: string | undefined;
  /** The token with which the agent goes on. */
  readonly resume?: unknown;
  /** Whether the answer is to come in server-sent events. */
  readonly events: boolean;
  /** Leaves the request. */
  readonly signal: AbortSignal;
}

/** An entry, with the id that resumes a stream after it. */
export interface StreamedEntry {
  readonly id: string;
  readonly entry: JournalEntryView;
}

/** A client of a host, over HTTP. Every method may throw a {@link HostClientError}. */
export class HostClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param options.url without a slash at its end */
  constructor({ url, token }: { url: string; token?: string | undefined }) {
    this.#url = url;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  agents(): Promise<AgentView[]> {
    return this.#ask('/agents', z.array(agentViewSchema));
  }

  agent(name: string): Promise<AgentView> {
    return this.#ask(pathOf(name), agentViewSchema);
  }

  command(name: string, command: AgentCommand): Promise<CommandResult> {
    return this.#ask(`${pathOf(name)}/${command}`, commandResultSchema, { method: 'POST' });
  }

  swap(name: string, spec: SwapSpec): Promise<SwapResult> {
    const body = JSON.stringify(spec);
    return this.#ask(`${pathOf(name)}/swap`, swapResultSchema, { method: 'POST', body });
  }

  /**
   * Sends an agent a request, and resolves when its answer has begun. It waits for as long as the host does, which fetch
   * would not. An answer that ends in the middle throws `AnswerCut`.
   */
  async request(name: string, options: AgentRequestOptions): Promise<AsyncIterable<Uint8Array>> {
    const { body, type, resume, events, signal } = options;
    const headers = {
      ...this.#headers,
      'content-type': type ?? (typeof body === 'string' ? 'text/plain; charset=utf-8' : BYTES),
      ...(resume !== undefined && { 'agent-resume': asciiJson(resume) }),
      ...(events && { accept: 'text/event-stream' }),
    };
    const url = `${this.#url}${pathOf(name)}/requests`;
    const response = await post(url, body, { headers, signal }).catch((error: unknown) => {
      throw this.#unreachable(error);
    });
    const { statusCode: status = 0, headers: answered } = response;
    const isExpected = !events || answered['content-type']?.startsWith('text/event-stream') === true;
    if (status === 200 && isExpected) return wholeOf(response, events);
    throw this.#failureOf(status, await text(response));
  }

  journal(name: string, after: number): Promise<JournalEntryView[]> {
    return this.#ask(`${pathOf(name)}/journal?after=${after}`, z.array(journalEntrySchema));
  }

  /**
   * Resolves when the host has begun to answer. The entries have no end: they throw `Unreachable`.
   *
   * @param options.after the id of an entry, or its sequence number
   */
  async journalStream(
    name: string,
    { after, signal }: { after: string; signal: AbortSignal },
  ): Promise<AsyncIterable<StreamedEntry>> {
    const headers = { 'last-event-id': after };
    const response = await this.#fetch(`${pathOf(name)}/journal/events`, { headers, signal });
    const { body, status } = response;
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (!response.ok || !isStream || body === null)
      throw this.#failureOf(status, await this.#textOf(response));
    return this.#entriesIn(body, status);
  }

  async *#entriesIn(body: ReadableStream<Uint8Array>, status: number): AsyncGenerator<StreamedEntry> {
    const events = body
      .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
      .pipeThrough(new EventSourceParserStream());
    try {
      for await (const { data, id = '0' } of events) {
        yield { id, entry: this.#parse(data, status, journalEntrySchema) };
      }
      throw new Error('it has ended the stream');
    } catch (error) {
      throw error instanceof HostClientError ? error : this.#unreachable(error);
    }
  }

  async #ask<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    init: RequestInit = {},
  ): Promise<z.output<Schema>> {
    const response = await this.#fetch(path, init);
    const text = await this.#textOf(response);
    if (!response.ok) throw this.#failureOf(response.status, text);
    return this.#parse(text, response.status, schema);
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...this.#headers, ...(init.headers as Record<string, string> | undefined) };
    try {
      return await fetch(`${this.#url}${path}`, { ...init, headers });
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  async #textOf(response: Response): Promise<string> {
    try {
      return await response.text();
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  #parse<Schema extends z.ZodType>(text: string, status: number, schema: Schema): z.output<Schema> {
    const parsed = schema.safeParse(jsonIn(text));
    if (parsed.success) return parsed.data;
    throw new HostClientError({ code: 'NotAHost', url: this.#url, status }, { cause: parsed.error });
  }

  #failureOf(status: number, text: string): HostClientError {
    const refusal = errorResultSchema.safeParse(jsonIn(text));
    return refusal.success
      ? new HostClientError({ code: 'Refused', status, result: refusal.data })
      : new HostClientError({ code: 'NotAHost', url: this.#url, status });
  }

  #unreachable(cause: unknown): HostClientError {
    const detail = { code: 'Unreachable', url: this.#url, reason: reasonOf(cause) } as const;
    return new HostClientError(detail, { cause });
  }
}

const BYTES = 'application/octet-stream';

function post(url: string, body: string | Uint8Array, options: RequestOptions): Promise<IncomingMessage> {
  const send = url.startsWith('https:') ? requestByTls : request;
  return new Promise((resolve, reject) => {
    send(url, { method: 'POST', ...options }, resolve)
      .on('error', reject)
      .end(body);
  });
}

/** @throws {HostClientError} `AnswerCut` where there is no clean end */
async function* wholeOf(response: IncomingMessage, events: boolean): AsyncGenerator<Uint8Array> {
  try {
    yield* response as AsyncIterable<Uint8Array>;
  } catch (cause) {
    const reason = events ? 'the connection has ended' : 'with --events a host says why';
    throw new HostClientError({ code: 'AnswerCut', reason }, { cause });
  }
}

/** JSON in ASCII, as a header has it. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** @throws {UsageError} for a name that a URL cannot carry */
function pathOf(name: string): string {
  if (['', '.', '..'].includes(name) || !name.isWellFormed()) {
    throw new UsageError(
      `expected the name of an agent that a URL can say, received ${JSON.stringify(name)}`,
    );
  }
  return `/agents/${encodeURIComponent(name)}`;
}

/** Undefined, which no schema accepts, when the text is not JSON. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The reason of a failed fetch is in its cause, whose message may be empty. */
function reasonOf(error: unknown): string {
  const { cause = error } = error as { cause?: unknown };
  const { message = '', code = '' } = cause as { message?: string; code?: string };
  return message || code || String(cause);
}
