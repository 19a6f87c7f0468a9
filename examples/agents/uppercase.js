// An agent for the driver of worker threads: answers its text in upper case. Over HTTP the text comes as bytes.

const decoder = new TextDecoder();

export function handle(payload) {
  const text = typeof payload === 'string' ? payload : decoder.decode(payload);
  return text.toUpperCase();
}
