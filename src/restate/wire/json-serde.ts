import type { Serde } from '@restatedev/restate-sdk';

/** Restate's own JSON: its type does not say that it has no schema, which exact optional properties demand. */
export function jsonSerde({ serde }: { readonly serde: { readonly json: object } }): Serde<unknown> {
  return serde.json as Serde<unknown>;
}
