export type TextPart = string | { href: string; text: string };

const CANDIDATE = /\bhttps?:\/\/[^\s<>"]+/giu;
const TRAILING = /[.,;:!?'’”»]$/u;
const BRACKETS: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/** Cuts text into plain parts and links. Only http and https become links. */
export function linkParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const link = withoutTail(match[0]);
    if (!isWebAddress(link)) continue;
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push({ href: link, text: link });
    end = match.index + link.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

/** Punctuation and brackets that belong to the sentence, not to the address. */
function withoutTail(candidate: string): string {
  let link = candidate;
  for (;;) {
    const last = link.at(-1) ?? '';
    const opening = BRACKETS[last];
    const unbalanced = opening !== undefined && count(link, opening) < count(link, last);
    if (!unbalanced && !TRAILING.test(link)) return link;
    link = link.slice(0, -1);
  }
}

const count = (text: string, character: string): number => text.split(character).length - 1;

function isWebAddress(link: string): boolean {
  try {
    const { protocol, hostname } = new URL(link);
    return (protocol === 'http:' || protocol === 'https:') && hostname !== '';
  } catch {
    return false;
  }
}
