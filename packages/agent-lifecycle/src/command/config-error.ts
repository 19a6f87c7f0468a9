/** A config that is not what it should be. Nothing was started. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'InvalidConfig';
  /** One line for each bad field: its path, and what was expected. */
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[], options?: ErrorOptions) {
    super([file, ...problems].join('\n  '), options);
    this.problems = problems;
  }
}
