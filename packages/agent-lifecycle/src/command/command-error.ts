import { TypedError, type MessagesOf } from 'xstate-agent-lifecycle';

interface UsageDetails {
  InvalidUsage: { readonly problem: string };
}

const usageMessages: MessagesOf<UsageDetails> = { InvalidUsage: ({ problem }) => problem };

/** The command line cannot be carried out. Nothing was started. */
export class UsageError extends TypedError<UsageDetails> {
  static override readonly brand: string = 'UsageError';
  override readonly name = 'UsageError';

  constructor(problem: string, options?: ErrorOptions) {
    super(usageMessages, { code: 'InvalidUsage', problem }, options);
  }
}

interface ConfigDetails {
  /** @property problems one line for each bad field: its path, and what was expected */
  InvalidConfig: { readonly file: string; readonly problems: readonly string[] };
}

const configMessages: MessagesOf<ConfigDetails> = {
  InvalidConfig: ({ file, problems }) => [file, ...problems].join('\n  '),
};

/** The config is invalid. Nothing was started. */
export class ConfigError extends TypedError<ConfigDetails> {
  static override readonly brand: string = 'ConfigError';
  override readonly name = 'ConfigError';

  constructor(file: string, problems: readonly string[], options?: ErrorOptions) {
    super(configMessages, { code: 'InvalidConfig', file, problems }, options);
  }
}
