import { constants, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import pLimit from 'p-limit';

/** Why a file is not read; errors of the file system itself keep their codes, such as `ENOENT`. */
export class RegularFileError extends Error {
  override readonly name = 'RegularFileError';
  readonly code: 'NotRegularFile' | 'FileTooLarge';

  constructor(code: RegularFileError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export interface ReadOptions {
  /** The most bytes that are read. Default: no bound. */
  readonly maxBytes?: number;
  /** Gives the file up when it is aborted. */
  readonly signal?: AbortSignal;
}

const CHUNK = 1024 * 1024;
// The open of a FIFO waits for its other end, unless it is told not to. Windows has no such flag.
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);
/**
 * A dead network mount never answers, and holds one of the threads of Node's pool, of which there are four by
 * default: with these two, the others stay free for the rest of the process.
 */
const pool = pLimit(2);

/**
 * Reads a regular file whole, never a FIFO, a socket or a device, which may be without an end or wait for ever.
 *
 * @throws {RegularFileError} `NotRegularFile`, `FileTooLarge`; the error of the file system when the file cannot be
 *   read; the reason of `signal`
 */
export function readRegularFile(file: string | URL, options: ReadOptions = {}): Promise<Buffer> {
  return inPool(async () => {
    // Looked at first, since to open a device may already act on it; and again, since the file may be another by then.
    assertRegular(file, await stat(file));
    const handle = await open(file, READ_WITHOUT_WAITING);
    try {
      return await readHandle(handle, file, options);
    } finally {
      await handle.close().catch(() => undefined);
    }
  }, options.signal);
}

/**
 * Holds that there is a regular file, for code that has others read it.
 *
 * @throws {RegularFileError} `NotRegularFile`; the error of the file system when there is nothing; the reason of `signal`
 */
export function assertRegularFile(
  file: string | URL,
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  return inPool(async () => {
    assertRegular(file, await stat(file));
  }, signal);
}

async function readHandle(
  handle: FileHandle,
  file: string | URL,
  { maxBytes = Infinity, signal }: ReadOptions,
): Promise<Buffer> {
  const status = await handle.stat();
  assertRegular(file, status);
  if (status.size > maxBytes) throw tooLarge(file, `${status.size} bytes`, maxBytes);
  signal?.throwIfAborted();
  // What the status says need not be the end: the file may grow, and those of /proc say 0.
  const bytes = await buffer(
    handle.createReadStream({
      autoClose: false,
      end: maxBytes,
      highWaterMark: CHUNK,
      ...(signal && { signal }),
    }),
  );
  if (bytes.length > maxBytes) throw tooLarge(file, 'more', maxBytes);
  return bytes;
}

/** The outcome of work on files, or the reason of the signal: the caller does not wait for a mount that is dead. */
function inPool<Value>(work: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    void pool(async () => {
      signal?.throwIfAborted();
      return work();
    })
      .then(resolve, reject)
      .finally(() => signal?.removeEventListener('abort', onAbort));
  });
}

function assertRegular(file: string | URL, status: Stats): void {
  if (status.isFile()) return;
  throw new RegularFileError(
    'NotRegularFile',
    `${String(file)} is ${kindOf(status)}, expected a regular file`,
  );
}

function kindOf(status: Stats): string {
  if (status.isDirectory()) return 'a directory';
  if (status.isFIFO()) return 'a FIFO';
  if (status.isSocket()) return 'a socket';
  return 'a device';
}

function tooLarge(file: string | URL, size: string, maxBytes: number): RegularFileError {
  return new RegularFileError('FileTooLarge', `${String(file)} has ${size}, ${maxBytes} bytes are allowed`);
}
