import { Host } from '@extism/as-pdk';
import { answer } from './plugin';

/** Answers the number of words in the request. */
export function handle(): i32 {
  const text = Host.inputString();
  let words = 0;
  let inWord = false;
  for (let i = 0; i < text.length; i++) {
    const isSpace = text.charCodeAt(i) <= 0x20;
    if (!isSpace && !inWord) words++;
    inWord = !isSpace;
  }
  return answer(words.toString());
}
