// WASI as plugins have it. What Node says of its own holds: it follows symbolic links out of the folders that it was
// given, and hands signals and sleeps through to the whole process.
import { realpathSync, lstatSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import wasi from 'node:wasi';

/**
 * @typedef {(...parameters: number[]) => number} WasiFunction some of them are bigints, which are passed through
 * @typedef {(stream: 'stdout' | 'stderr', bytes: Uint8Array) => void} Print
 * @typedef {{ readonly root: string, readonly path: string }} Place a folder or file, and the granted folder it is in
 */

/** WASI's numbers of errors. */
const SUCCESS = 0;
const NOT_PERMITTED_HERE = 2;
const BAD_DESCRIPTOR = 8;
const BAD_ADDRESS = 21;
const BAD_TEXT = 25;
const NO_SUCH_FILE = 44;
const NOT_SUPPORTED = 52;
const NOT_A_FOLDER = 54;
const NOT_PERMITTED = 63;
const OUTSIDE = 76;
/** Tells that the last link of a path is followed. */
const FOLLOW = 1;
const FIRST_FOLDER = 3;

/** A plugin that ends itself; with the code 0 it has done what it was asked for. */
export class ProcessExit extends Error {
  /** @override */
  name = 'ProcessExit';

  /** @param {number} code */
  constructor(code) {
    super(`it ended itself with the exit code ${code}`);
    this.code = code;
  }
}

/**
 * Has whoever imports `node:wasi` from now on in this thread get one that is guarded.
 *
 * @param {Print} print is given what a plugin prints
 */
export function guardWasi(print) {
  wasi.WASI = class extends wasi.WASI {
    #guard;

    /** @param {import('node:wasi').WASIOptions} options */
    constructor(options) {
      const folders = realFolders(options.preopens ?? {});
      super({ ...options, preopens: folders });
      this.#guard = new Guard(/** @type {Record<string, WasiFunction>} */ (this.wasiImport), folders, print);
      /** @type {{ wasiImport: object }} */ (this).wasiImport = this.#guard.functions();
    }

    /**
     * @override
     * @param {object} instance
     */
    start(instance) {
      this.#guard.use(instance);
      return super.start(instance);
    }

    /**
     * @override
     * @param {object} instance
     */
    initialize(instance) {
      this.#guard.use(instance);
      super.initialize(instance);
    }
  };
  syncBuiltinESMExports();
}

class Guard {
  #wasi;
  #print;
  /** @type {WebAssembly.Memory | null} */
  #memory = null;
  /** @type {Map<number, Place>} */
  #places = new Map();
  /** @type {Map<number, 'stdout' | 'stderr'>} */
  #streams = new Map([
    [1, 'stdout'],
    [2, 'stderr'],
  ]);

  /**
   * @param {Record<string, WasiFunction>} functions
   * @param {Record<string, string>} folders
   * @param {Print} print
   */
  constructor(functions, folders, print) {
    this.#wasi = functions;
    this.#print = print;
    Object.values(folders).forEach((root, index) => {
      this.#places.set(FIRST_FOLDER + index, { root, path: root });
    });
  }

  /** @param {object} instance the one whose memory the parameters are in */
  use(instance) {
    const { exports } = /** @type {{ exports: { memory?: WebAssembly.Memory } }} */ (instance);
    this.#memory = exports.memory ?? null;
  }

  /** @returns {Record<string, WasiFunction>} */
  functions() {
    const wasi = this.#wasi;
    return {
      ...wasi,
      // Node cannot end a thread that sleeps in the system call behind this.
      poll_oneoff: () => NOT_SUPPORTED,
      proc_exit: (/** @type {number} */ code) => {
        throw new ProcessExit(code);
      },
      proc_raise: (/** @type {number} */ signal) => {
        // Node would send it to the whole process.
        throw new Error(`it raised the signal ${signal}`);
      },
      fd_write: (fd, vectors, count, written) => {
        const stream = this.#streams.get(fd);
        if (stream === undefined || this.#memory === null)
          return call(wasi['fd_write'], fd, vectors, count, written);
        return this.#write(stream, this.#memory, { vectors, count, written });
      },
      fd_close: (fd) => {
        const error = call(wasi['fd_close'], fd);
        if (error === SUCCESS) this.#forget(fd);
        return error;
      },
      fd_renumber: (from, to) => {
        const error = call(wasi['fd_renumber'], from, to);
        if (error === SUCCESS && from !== to) this.#move(from, to);
        return error;
      },
      path_open: (fd, flags, at, length, ...rest) => {
        const place = this.#placeOf(fd, at, length, true);
        if (typeof place === 'number') return place;
        // A FIFO or a device may keep this thread for ever.
        if (!isFileOrFolder(place.path)) return NOT_PERMITTED_HERE;
        const error = call(wasi['path_open'], fd, flags, at, length, ...rest);
        const opened = /** @type {number} */ (rest.at(-1));
        if (error === SUCCESS) this.#places.set(this.#view().getUint32(opened, true), place);
        return error;
      },
      path_create_directory: (...given) => this.#onPath('path_create_directory', given, [0, 1, 2]),
      path_remove_directory: (...given) => this.#onPath('path_remove_directory', given, [0, 1, 2]),
      path_unlink_file: (...given) => this.#onPath('path_unlink_file', given, [0, 1, 2]),
      path_readlink: (...given) => this.#onPath('path_readlink', given, [0, 1, 2]),
      path_filestat_get: (...given) => this.#onPath('path_filestat_get', given, [0, 2, 3, 1]),
      path_filestat_set_times: (...given) => this.#onPath('path_filestat_set_times', given, [0, 2, 3, 1]),
      path_rename: (...given) => this.#onPath('path_rename', given, [0, 1, 2], [3, 4, 5]),
      path_link: (...given) => this.#onPath('path_link', given, [0, 2, 3, 1], [4, 5, 6]),
      // Where nobody makes one, none that was checked can become another.
      path_symlink: () => NOT_PERMITTED,
    };
  }

  /**
   * Calls a function for paths that lie in the folders that were granted.
   *
   * @param {string} name
   * @param {number[]} given
   * @param {...[fd: number, path: number, length: number, flags?: number]} paths where each stands in the parameters
   */
  #onPath(name, given, ...paths) {
    for (const [fd, at, length, flags] of paths) {
      const follows = flags !== undefined && ((given[flags] ?? 0) & FOLLOW) !== 0;
      const place = this.#placeOf(given[fd] ?? 0, given[at] ?? 0, given[length] ?? 0, follows);
      if (typeof place === 'number') return place;
    }
    return call(this.#wasi[name], ...given);
  }

  /** @type {(fd: number, at: number, length: number, follows: boolean) => Place | number} */
  #placeOf(fd, at, length, follows) {
    const folder = this.#places.get(fd);
    if (folder === undefined) return BAD_DESCRIPTOR;
    const name = this.#text(at, length);
    if (typeof name === 'number') return name;
    if (path.isAbsolute(name)) return OUTSIDE;
    const target = path.join(folder.path, name).replace(/\/+$/, '');
    const isItself = target === folder.path;
    const real = realPlace(target, follows || isItself || name.endsWith('/'));
    if (typeof real === 'number') return real;
    return isInside(folder.root, real) ? { root: folder.root, path: real } : OUTSIDE;
  }

  /** @type {(at: number, length: number) => string | number} */
  #text(at, length) {
    try {
      const bytes = new Uint8Array(this.#view().buffer, at >>> 0, length >>> 0);
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      return text.includes('\0') ? BAD_TEXT : text;
    } catch (error) {
      return error instanceof RangeError ? BAD_ADDRESS : BAD_TEXT;
    }
  }

  /** @type {(stream: 'stdout' | 'stderr', memory: WebAssembly.Memory, to: { vectors: number, count: number, written: number }) => number} */
  #write(stream, memory, { vectors, count, written }) {
    try {
      const view = new DataView(memory.buffer);
      let total = 0;
      for (let index = 0; index < count; index++) {
        const entry = (vectors >>> 0) + index * 8;
        const bytes = new Uint8Array(
          memory.buffer,
          view.getUint32(entry, true),
          view.getUint32(entry + 4, true),
        );
        this.#print(stream, bytes);
        total += bytes.length;
      }
      view.setUint32(written >>> 0, total, true);
      return SUCCESS;
    } catch (error) {
      if (error instanceof RangeError) return BAD_ADDRESS;
      throw error;
    }
  }

  #view() {
    if (this.#memory === null) throw new Error('it called WASI before it was instantiated');
    return new DataView(this.#memory.buffer);
  }

  /** @param {number} fd */
  #forget(fd) {
    this.#places.delete(fd);
    this.#streams.delete(fd);
  }

  /** @type {(from: number, to: number) => void} */
  #move(from, to) {
    const place = this.#places.get(from);
    const stream = this.#streams.get(from);
    this.#forget(from);
    this.#forget(to);
    if (place !== undefined) this.#places.set(to, place);
    if (stream !== undefined) this.#streams.set(to, stream);
  }
}

/** @param {NodeJS.Dict<string>} folders */
function realFolders(folders) {
  return Object.fromEntries(
    Object.entries(folders).map(([seenAs, folder = '']) => [seenAs, realpathSync(folder)]),
  );
}

/** @type {(fn: WasiFunction | undefined, ...given: number[]) => number} */
function call(fn, ...given) {
  return fn === undefined ? NOT_SUPPORTED : fn(...given);
}

/**
 * Where a path leads to, links and all.
 *
 * @type {(target: string, follows: boolean) => string | number}
 */
function realPlace(target, follows) {
  const parent = () => path.join(realpathSync(path.dirname(target)), path.basename(target));
  try {
    if (!follows) return parent();
    // A link to nothing would have a file made where it points to.
    if (lstatSync(target, { throwIfNoEntry: false }) === undefined) return parent();
    return realpathSync(target);
  } catch (error) {
    switch (/** @type {NodeJS.ErrnoException} */ (error).code) {
      case 'ENOENT':
        return NO_SUCH_FILE;
      case 'ENOTDIR':
        return NOT_A_FOLDER;
      default:
        return NOT_PERMITTED_HERE;
    }
  }
}

/** @type {(root: string, place: string) => boolean} */
function isInside(root, place) {
  const relative = path.relative(root, place);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** @param {string} place one that need not be there yet */
function isFileOrFolder(place) {
  const status = statSync(place, { throwIfNoEntry: false });
  return status === undefined || status.isFile() || status.isDirectory();
}
