/** What is made when it is first asked for, and then kept: schemas take longer to make than all else of an import. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => (made ??= { value: make() }).value;
}
