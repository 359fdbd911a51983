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
  // Counted once: to count again for each bracket at the end lets a row of them freeze the page.
  const surplus = new Map(
    Object.entries(BRACKETS).map(([closing, opening]) => [closing, count(candidate, closing) - count(candidate, opening)]),
  );
  for (let end = candidate.length; ; end--) {
    const last = candidate.charAt(end - 1);
    const unbalanced = surplus.get(last) ?? 0;
    if (unbalanced > 0) surplus.set(last, unbalanced - 1);
    else if (!TRAILING.test(last)) return candidate.slice(0, end);
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
