/** Does some work, and cleans up after it. Where both fail, what the work threw is told: the other comes of it. */
export async function withCleanUp<Value>(
  work: () => Promise<Value> | Value,
  cleanUp: () => unknown,
): Promise<Value> {
  let value: Value;
  try {
    value = await work();
  } catch (error) {
    await quietly(cleanUp);
    throw error;
  }
  await cleanUp();
  return value;
}

/** Does likewise what is done at once. */
export function withCleanUpSync<Value>(work: () => Value, cleanUp: () => void): Value {
  let value: Value;
  try {
    value = work();
  } catch (error) {
    quietlySync(cleanUp);
    throw error;
  }
  cleanUp();
  return value;
}

/** Cleans up after a failure, which is told: that the cleaning up fails, too, is not. */
export async function quietly(cleanUp: () => unknown): Promise<void> {
  try {
    await cleanUp();
  } catch {
    // Told by the failure that it comes of.
  }
}

/** Does likewise what is done at once. */
export function quietlySync(cleanUp: () => void): void {
  try {
    cleanUp();
  } catch {
    // Told by the failure that it comes of.
  }
}
