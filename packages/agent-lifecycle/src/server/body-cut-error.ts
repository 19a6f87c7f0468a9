/** A body that has not come whole: its client has left, or was cut. */
export class BodyCutError extends Error {
  override readonly name = 'BodyCutError';
  readonly code = 'BodyCut';

  constructor(cause: unknown) {
    super('The body of the request has not come whole', { cause });
  }
}
