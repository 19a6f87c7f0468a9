/**
 * A function made of text, that nobody else has. Of one text an engine makes one function, however often it is asked,
 * and with it one memory of what is called there: each has a number. Null where an environment forbids to make code
 * of strings.
 *
 * @param body returns the function; it must hold nothing that is not written by the package, but for JSON
 * @param parts by the names that they have in the body
 */
export function generatedCode(body: string, parts: Readonly<Record<string, unknown>>): unknown {
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const make = new Function(...Object.keys(parts), `// ${made++}\n${body}`) as (
      ...parts: unknown[]
    ) => unknown;
    return make(...Object.values(parts));
  } catch {
    return null;
  }
}

let made = 0;
