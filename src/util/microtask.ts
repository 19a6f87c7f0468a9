/** Nothing else is being dealt with then, so that a lifecycle takes what it is sent at once. */
export function microtask(): Promise<void> {
  return Promise.resolve();
}
