/** A command line that cannot be carried out as it is. Nothing was started. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'InvalidUsage';
}
