/** What can be stored: what JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface StoredValue {
  readonly value: Json;
  /** Counts the values that were put there, from 1. */
  readonly revision: number;
}

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
  close(): void;
}
