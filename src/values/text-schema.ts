import * as z from 'zod/mini';

/**
 * A text of 1 to `max` Unicode code points: an emoji counts as one, as in Rust's `len_char_max`. Half an emoji, a
 * surrogate without the other, is no text there, and none here.
 */
export function textSchema(max: number) {
  return z.string().check(
    z.refine((text) => text.length > 0 && text.isWellFormed() && countsAtMost(text, max)),
    // JSON Schema counts code points, too.
    z.meta({ minLength: 1, maxLength: max }),
  );
}

function countsAtMost(text: string, max: number): boolean {
  // A code point takes one or two UTF-16 units, so most texts need no counting.
  if (text.length <= max) return true;
  return text.length <= 2 * max && Array.from(text).length <= max;
}
