import * as z from 'zod/mini';

/** Any hyphenated UUID, whatever its version and letter case, as Rust's `Uuid` takes it; read as lower case. */
export const uuidSchema = z.guid().check(z.toLowerCase());
