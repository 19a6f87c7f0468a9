/** A code with the fields that belong to it. */
export type DetailOf<Details> = {
  [Code in keyof Details]: { readonly code: Code } & Details[Code];
}[keyof Details];

export type MessagesOf<Details> = {
  readonly [Code in keyof Details]: (detail: Details[Code]) => string;
};

/** An error whose `code` says which of its kind it is; what belongs to that is in `detail`. */
export abstract class DetailedError<Details extends object> extends Error {
  readonly code: keyof Details;
  readonly detail: DetailOf<Details>;

  protected constructor(messages: MessagesOf<Details>, detail: DetailOf<Details>, options?: ErrorOptions) {
    const message = messages[detail.code] as (detail: DetailOf<Details>) => string;
    super(message(detail), options);
    this.code = detail.code;
    this.detail = detail;
  }
}
