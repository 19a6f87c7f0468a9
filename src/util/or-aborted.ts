/** What some work comes to, or the reason of a signal that is aborted before. The work goes on then, unheard. */
export async function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let onAbort = () => undefined as unknown;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(signal.reason as Error);
    };
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    return await Promise.race([work, aborted]);
  } finally {
    // One that stayed would keep the signal, which may be one of many requests, from being collected.
    signal.removeEventListener('abort', onAbort);
  }
}
