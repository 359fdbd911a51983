import { parseMarkup } from './markup.ts';
import { plainText } from './plain-text.ts';
import type { HistoryMessage } from './wire.ts';

const LONGEST = 200;

// What a message says does not change: one that was edited is another object.
const lines = new WeakMap<object, string>();

/** The beginning of what a message says, for a line in which only letters can be shown. */
export function firstLine(message: Pick<HistoryMessage, 'text' | 'entities'>): string {
  const known = lines.get(message);
  if (known !== undefined) return known;
  const [line = ''] = plainText(parseMarkup(message.text, message.entities)).split('\n');
  lines.set(message, line.slice(0, LONGEST));
  return line.slice(0, LONGEST);
}
