import type * as z from 'zod/mini';

/** What a schema expected of a field where it found something else, in words. */
export function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'object' ? 'an object' : `a value of type ${issue.expected}`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return `a ${issue.format}`;
    case 'too_small':
      return `${String(issue.minimum)} at least`;
    case 'too_big':
      return `${String(issue.maximum)} at most`;
    case 'unrecognized_keys':
      return `no field ${issue.keys.join(', ')}`;
    default:
      return 'a value of another kind';
  }
}
