/** An IPv6 address, as it stands in a URL. */
const ADDRESS = /^\[[\da-f:.]+\]$/i;

/** Whether a call can have it as the name of its host: it has no scheme, user, port, path or wildcard. */
export function isHostName(given: string): boolean {
  const text = inBrackets(given);
  const isName = ADDRESS.test(text) || !/[:/\\@?#*%\s[\]]/.test(text);
  return isName && hostNameIn(text) !== '';
}

/** As it stands in a URL: in lower case, an IPv6 address in brackets. Empty where there is none. */
export function hostNameIn(host: string): string {
  const url = `http://${inBrackets(host)}`;
  return URL.canParse(url) ? new URL(url).hostname : '';
}

function inBrackets(given: string): string {
  return ADDRESS.test(`[${given}]`) && given.split(':').length > 2 ? `[${given}]` : given;
}
