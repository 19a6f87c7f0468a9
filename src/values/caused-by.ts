/** The options of an error with a cause, where there is one: `cause: undefined` would be shown as one. */
export function causedBy(cause: Error | null): ErrorOptions | undefined {
  return cause === null ? undefined : { cause };
}
