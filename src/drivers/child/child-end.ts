import { ChildGroupError } from './child-group-error.js';

/** How a child process ended, with the end of what it wrote to stderr. */
export type ChildEnd =
  | { readonly type: 'exit'; readonly code: number; readonly stderr: string }
  | { readonly type: 'signal'; readonly signal: string; readonly stderr: string };

/** UTF-16 units of stderr in a message: a failure reason has room for 1 000 characters, and its end says most. */
const MAX_SHOWN = 800;

/** A child that ended, as the error of whatever it was to do. */
export function childEnded(end: ChildEnd): ChildGroupError {
  const how = end.type === 'exit' ? `exit code ${end.code}` : end.signal;
  const said = end.stderr.trim().slice(-MAX_SHOWN);
  return new ChildGroupError('ChildEnded', said === '' ? how : `${how}: ${said}`, { cause: end });
}
