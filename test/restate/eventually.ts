const LIMIT = 50_000;

/** Waits until something holds. What throws does not hold yet. */
export async function eventually(holds: () => Promise<boolean> | boolean, limit = LIMIT): Promise<void> {
  const end = performance.now() + limit;
  let last: unknown = null;
  while (performance.now() < end) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('It did not come about', { cause: last });
}
