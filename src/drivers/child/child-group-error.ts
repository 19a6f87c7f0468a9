const messages = {
  UnsupportedPlatform: 'Agents that are processes need an operating system with process groups',
  FolderNotFound: 'The folder to run in cannot be entered',
  CommandNotFound: 'The command cannot be found',
  SpawnFailed: 'The process cannot be spawned',
  ChildEnded: 'The process has ended',
  ChannelClosed: 'The process runs on, but has closed',
  StdinFull: 'The process does not read its stdin',
};

export type ChildGroupErrorCode = keyof typeof messages;

/** Why there is no child process. `ChildEnded` has how it ended, and the end of its stderr, as `cause`. */
export class ChildGroupError extends Error {
  override readonly name = 'ChildGroupError';
  readonly code: ChildGroupErrorCode;

  constructor(code: ChildGroupErrorCode, detail: string, options?: ErrorOptions) {
    super(`${messages[code]}: ${detail}`, options);
    this.code = code;
  }
}
