import type { Json } from '../../util/json.js';
import { StoreError } from './store-error.js';

/** A value of the store, with its revision. */
export interface StoredValue {
  readonly value: Json;
  /** Counts the values that were put there, from 1. */
  readonly revision: number;
}

/** A line of the journal of a key. */
export interface JournalLine {
  /** Counts the lines of a journal, from 1. */
  readonly sequence: number;
  readonly value: Json;
}

/**
 * Where a host keeps what it must not forget: values by their keys, and journals by their names. Each call is done, all
 * of it, when it returns; one that throws has changed nothing.
 */
export interface SnapshotStore {
  /** @throws {StoreError} `StoreDamaged`, `StoreFailed` */
  get(key: string): StoredValue | null;
  /**
   * @param expected the revision that is replaced; 0 where there is none yet
   * @returns the new revision
   * @throws {StoreError} `RevisionConflict`, `StoreFailed`
   */
  put(key: string, value: Json, expected: number): number;
  /** @throws {StoreError} `RevisionConflict`, `StoreFailed` */
  delete(key: string, expected: number): void;
  /** The keys that begin so, in the order of their code points. */
  list(prefix?: string): readonly string[];
  /**
   * Adds lines to a journal, all of them or none. The first follows the last that is kept.
   *
   * @throws {StoreError} `JournalGap`, `StoreFailed`
   */
  append(journal: string, lines: readonly JournalLine[]): void;
  /** The lines after some number, the oldest first. @throws {StoreError} `StoreDamaged`, `StoreFailed` */
  read(journal: string, after?: number): readonly JournalLine[];
  /** Forgets the lines up to a number, that one included. */
  trim(journal: string, upTo: number): void;
  /**
   * Does all that is called within as one: all of it, or, when `change` throws, none. It is not called within itself.
   *
   * @throws what `change` throws, and {StoreError} `StoreFailed`
   */
  atomically(change: () => void): void;
  /** Closes the store. */
  close(): void;
}

/**
 * @param last number of the last line that is kept; null where there is none, and any may follow
 * @throws {StoreError} `JournalGap` at the first line that does not follow the one before
 */
export function assertNoGap(journal: string, last: number | null, lines: readonly JournalLine[]): void {
  let before = last;
  for (const { sequence: received } of lines) {
    const expected = before === null ? received : before + 1;
    if (received !== expected) throw new StoreError({ code: 'JournalGap', journal, expected, received });
    before = received;
  }
}
