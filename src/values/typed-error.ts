/** A code with the fields that belong to it. */
export type DetailOf<Details> = {
  [Code in keyof Details]: { readonly code: Code } & Details[Code];
}[keyof Details];

/** How an error is worded, by its code. A text is followed by the `problem` of the detail: `The text: the problem`. */
export type MessagesOf<Details> = {
  readonly [Code in keyof Details]:
    | ((detail: Details[Code]) => string)
    | (Details[Code] extends { readonly problem: string } ? string : never);
};

/** The details of errors that have nothing but a problem, in words, beside their code. */
export type ProblemOf<Code extends string> = Readonly<Record<Code, { readonly problem: string }>>;

const BRAND = Symbol.for('xstate-agent-lifecycle.error');

/**
 * An error whose `code` says which of its kind it is; the fields of that code are in `detail`.
 *
 * A subclass with a `brand` of its own is recognised by it: `instanceof` then holds across two copies of the package in
 * one process.
 */
export abstract class TypedError<Details extends object> extends Error {
  static readonly brand: string = 'TypedError';
  readonly code: keyof Details;
  readonly detail: DetailOf<Details>;

  protected constructor(messages: MessagesOf<Details>, detail: DetailOf<Details>, options?: ErrorOptions) {
    super(messageOf(messages, detail), options);
    Object.defineProperty(this, BRAND, { value: new.target.brand });
    this.code = detail.code;
    this.detail = detail;
  }

  /** @internal Recognises an error by its brand. */
  static override [Symbol.hasInstance](this: object, value: unknown): boolean {
    // The subclass of a user, which has the brand of its parent, is no other than itself.
    if (!Object.hasOwn(this, 'brand')) return Function.prototype[Symbol.hasInstance].call(this, value);
    if (typeof value !== 'object' || value === null) return false;
    const brand = (value as { readonly [BRAND]?: unknown })[BRAND];
    const own = (this as typeof TypedError).brand;
    return own === TypedError.brand ? brand !== undefined : brand === own;
  }
}

function messageOf<Details>(messages: MessagesOf<Details>, detail: DetailOf<Details>): string {
  const message = messages[detail.code] as string | ((detail: DetailOf<Details>) => string);
  if (typeof message === 'function') return message(detail);
  return `${message}: ${(detail as unknown as { readonly problem: string }).problem}`;
}
