import type * as z from 'zod/mini';
import { expectedBy } from '../values/expected-by.js';
import { InvalidValueError } from '../values/invalid-value-error.js';
import { PersistenceError } from './persistence-error.js';

/**
 * What is wrong with something that was written down, by the first of its fields that is not what it should be.
 *
 * @param what it is, in words
 * @param error of a schema that was told to report what came
 */
export function damageIn(what: string, error: z.core.$ZodError): PersistenceError {
  const [issue] = error.issues as [z.core.$ZodIssue];
  const path = issue.path.join('.');
  return new PersistenceError({ code: 'Damaged', what, path, problem: problemOf(issue) }, { cause: error });
}

function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'custom') return issue.message;
  const expected = expectedBy(issue);
  const { received } = new InvalidValueError({ field: '', expected, received: issue.input });
  return `expected ${expected}, received ${received}`;
}
