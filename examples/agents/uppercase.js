// An agent for the driver of worker threads: answers its text in upper case. Over HTTP
// the text comes as bytes, unless its caller says that it is one.

const decoder = new TextDecoder();

export function handle(payload) {
  const text = typeof payload === 'string' ? payload : decoder.decode(payload);
  return text.toUpperCase();
}
