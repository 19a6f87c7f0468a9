import { TypedError, type ProblemOf } from '../../values/typed-error.js';

const messages = {
  UnsupportedPlatform: 'Agents that are processes need an operating system with process groups',
  FolderNotFound: 'The folder to run in cannot be entered',
  CommandNotFound: 'The command cannot be found',
  SpawnFailed: 'The process cannot be spawned',
  ChildEnded: 'The process has ended',
  ChannelClosed: 'The process runs on, but has closed',
  StdinFull: 'The process does not read its stdin',
};

/** Which kind of error it is. */
export type ChildGroupErrorCode = keyof typeof messages;

/** Why there is no child process. `ChildEnded` has how it ended, and the end of its stderr, as `cause`. */
export class ChildGroupError extends TypedError<ProblemOf<ChildGroupErrorCode>> {
  static override readonly brand: string = 'ChildGroupError';
  override readonly name = 'ChildGroupError';

  constructor(code: ChildGroupErrorCode, problem: string, options?: ErrorOptions) {
    super(messages, { code, problem }, options);
  }
}

/** How a child process ended, with the end of what it wrote to stderr. */
export type ChildEnd =
  | { readonly type: 'exit'; readonly code: number; readonly stderr: string }
  | { readonly type: 'signal'; readonly signal: string; readonly stderr: string };

/** UTF-16 units of stderr in a message: a failure reason has room for 1 000 characters, and its end says most. */
const MAX_SHOWN = 800;

/** A child that ended, as the error of whatever it was to do. */
export function childEndedError(end: ChildEnd): ChildGroupError {
  const how = end.type === 'exit' ? `exit code ${end.code}` : end.signal;
  const said = end.stderr.trim().slice(-MAX_SHOWN);
  return new ChildGroupError('ChildEnded', said === '' ? how : `${how}: ${said}`, { cause: end });
}
