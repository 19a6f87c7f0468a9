/** What can be stored: what JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A value as it will be read once it is written: what is no JSON is lost now, not then. */
export function jsonCopy(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
