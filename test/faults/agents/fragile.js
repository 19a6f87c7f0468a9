// Answers what it is asked, and ends its worker when it is asked to crash.
/** @param {unknown} payload */
export function handle(payload) {
  if (payload === 'crash') process.exit(3);
  return payload;
}
