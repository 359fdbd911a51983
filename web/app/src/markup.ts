// The tree of a message's text. The rules are in docs/markup.md, and crates/markup is the same in Rust.

import type { Entity } from './wire.ts';

export type Style = 'bold' | 'italic' | 'strike' | 'spoiler';

export type Inline =
  | string
  | { type: Style | 'code'; content: Inline[] }
  | { type: 'link'; href: string; content: Inline[] }
  | { type: 'mention'; entity: Entity; content: Inline[] };

export interface Item {
  type: 'item';
  /** As it was written, if it was. */
  number: string | undefined;
  content: Block[];
}

export type Block =
  | { type: 'paragraph'; content: Inline[] }
  /** Without a language it is empty. */
  | { type: 'code_block'; language: string; content: Inline[] }
  | { type: 'quote'; content: Block[] }
  | { type: 'list'; content: Item[] };

const DEPTH_MAX = 4;
const MARKS: Record<string, Style> = { '**': 'bold', '*': 'italic', _: 'italic', '~~': 'strike', '||': 'spoiler' };

const BLANK = /\s/;
const WORD = /[\dA-Za-z\xc0-\u1fff]/;
const ADDRESS = /^[Hh][Tt][Tt][Pp][Ss]?:\/\/[\dA-Za-z\xc0-\u1fff\u3040-\udfff]/;
const ADDRESS_END = /[\0- "<>`|\x7f-\xbf\u2000-\u206f\u3000-\u303f\ufeff-\uffff]/;
const ADDRESS_TAIL = /[.,;:!?'*_~]/;
const FENCE = /^```[^`\0]*$/;
const QUOTE = /^> +\S/;
const QUOTED = /^>(?: |$)/;
const MARKER = /^ {0,3}(?:-|(\d{1,9})\.) +(?=\S)/;
const INDENTED = /^ {2}/;

// What stands for a mention while the text is taken apart.
const MENTION = '\0';

/** Any text has a tree. Entities that do not fit the text, or overlap, are left out. */
export function parseMarkup(text: string, entities: readonly Entity[] = []): Block[] {
  const raw = text.replaceAll(MENTION, '\ufffd');
  const mentions: Inline[] = [];
  let masked = '';
  let end = 0;
  for (const entity of entities) {
    const { offset, length } = entity;
    const next = offset + length;
    if (offset < end || length < 1 || next > raw.length || cutsPair(raw, offset) || cutsPair(raw, next)) continue;
    masked += raw.slice(end, offset) + MENTION;
    mentions.push({ type: 'mention', entity, content: [raw.slice(offset, next)] });
    end = next;
  }
  return blocks((masked + raw.slice(end)).split('\n'), mentions, 0);
}

const cutsPair = (text: string, at: number): boolean => text.codePointAt(at - 1)! > 0xffff;

/** `mentions` are used up in the order of the text. */
function blocks(lines: readonly string[], mentions: Inline[], depth: number): Block[] {
  const found: Block[] = [];
  let paragraph = '';
  let at = 0;
  const endParagraph = (): void => {
    if (paragraph) found.push({ type: 'paragraph', content: inlines(paragraph.slice(1), mentions) });
    paragraph = '';
  };
  /** What lies in the lines from here on that begin so, behind the first line of it. */
  const within = (begin: RegExp, ...inner: string[]): Block[] => {
    while (lines[at]?.match(begin)) inner.push(lines[at++]!.slice(2));
    return blocks(inner, mentions, depth + 1);
  };
  while (at < lines.length) {
    const line = lines[at]!;
    if (FENCE.test(line) && at + 1 < lines.length) {
      const code: string[] = [];
      for (let last = ''; !last.endsWith('```'); code.push(last)) last = (lines[++at] ?? '```').trimEnd();
      at++;
      endParagraph();
      found.push({ type: 'code_block', language: line.slice(3).trim(), content: pieces(code.join('\n').slice(0, -3).trimEnd(), mentions) });
    } else if (depth < DEPTH_MAX && QUOTE.test(line)) {
      endParagraph();
      found.push({ type: 'quote', content: within(QUOTED) });
    } else if (depth < DEPTH_MAX && MARKER.test(line)) {
      endParagraph();
      const content: Item[] = [];
      for (let marker; (marker = lines[at]?.match(MARKER)); )
        content.push({ type: 'item', number: marker[1], content: within(INDENTED, lines[at++]!.slice(marker[0].length)) });
      found.push({ type: 'list', content });
    } else {
      if (line.trim()) paragraph += `\n${line}`;
      else endParagraph();
      at++;
    }
  }
  endParagraph();
  return found;
}

/** What a paragraph holds. Each mark is open once at most, so that the tree cannot become deep. */
function inlines(text: string, mentions: Inline[]): Inline[] {
  const content: Inline[] = [];
  // Where each open mark is in the content; it is text there until it is closed.
  const open = new Map<string, number>();
  let at = 0;
  let from = 0;
  /** Adds what was passed by as text, and goes on at `next`. */
  const take = (next: number): void => {
    if (from < at) content.push(text.slice(from, at));
    at = from = next;
  };
  const close = (mark: string): Inline[] => {
    const [, ...inner] = content.splice(open.get(mark)!);
    for (const [other, place] of open) if (place >= content.length) open.delete(other);
    return merged(inner);
  };
  while (at < text.length) {
    const char = text[at]!;
    const before = text[at - 1] ?? ' ';
    let end = at + 1;
    let found: number;
    if (char === MENTION) {
      take(end);
      open.delete('[');
      content.push(mentions.shift()!);
    } else if (char === '[' && before !== '\\') {
      take(end);
      open.set(char, content.push(char) - 1);
    } else if (char === ']' && open.has('[')) {
      if (before !== '[' && text[end] === '(' && (found = addressEnd(text, end + 1)) && text[found] === ')') {
        const href = text.slice(end + 1, found);
        take((end = found + 1));
        content.push({ type: 'link', href, content: close('[') });
      }
      open.delete('[');
    } else if ('hH'.includes(char) && !WORD.test(before) && (found = addressEnd(text, at))) {
      while (ADDRESS_TAIL.test(text[found - 1]!)) found--;
      const href = text.slice(at, found);
      take((end = found));
      open.delete('[');
      content.push({ type: 'link', href, content: [href] });
    } else if ('*_~|`'.includes(char)) {
      while (text[end] === char) end++;
      const run = text.slice(at, end);
      const after = text[end] ?? ' ';
      const marks = run !== '***' ? [run] : open.get('*')! > open.get('**')! ? ['*', '**'] : ['**', '*'];
      if (before !== '\\' && (found = codeEnd(text, end, run))) {
        const code = text.slice(end, found);
        take((end = found + run.length));
        content.push({ type: 'code', content: pieces(code, mentions) });
      }
      for (const mark of marks) {
        const style = MARKS[mark];
        const fits = open.has(mark) ? !BLANK.test(before) && !WORD.test(after) : !WORD.test(before) && !BLANK.test(after);
        if (style && fits && before !== '\\') {
          take(at + mark.length);
          if (open.has(mark)) content.push({ type: style, content: close(mark) });
          else open.set(mark, content.push(mark) - 1);
        } else at += mark.length;
      }
    }
    at = end;
  }
  take(at);
  return merged(content);
}

/** Where the code behind a run of backticks ends, or 0. */
function codeEnd(text: string, at: number, run: string): number {
  while ('```'.startsWith(run) && at < text.length && text[at] !== '\n') {
    let end = at;
    while (text[end] === '`') end++;
    if (text.slice(at, end) === run) return at;
    at = end > at ? end : at + 1;
  }
  return 0;
}

/** Where the address that begins here ends, or 0. */
function addressEnd(text: string, from: number): number {
  const start = ADDRESS.exec(text.slice(from, from + 9));
  if (!start) return 0;
  let at = from + start[0].length;
  for (let open = 0; !ADDRESS_END.test(text[at] ?? ' '); at++) {
    if ('([{'.includes(text[at]!)) open++;
    if (')]}'.includes(text[at]!) && open-- === 0) break;
  }
  return at;
}

/** Text with mentions in it. */
const pieces = (text: string, mentions: Inline[]): Inline[] =>
  merged(text.split(MENTION).flatMap((piece, index) => [index > 0 ? mentions.shift()! : '', piece]));

/** No text is empty, and no two are beside each other. */
function merged(nodes: readonly Inline[]): Inline[] {
  const content: Inline[] = [];
  for (const node of nodes) {
    if (typeof node === 'string' && typeof content.at(-1) === 'string') content[content.length - 1] += node;
    else if (node) content.push(node);
  }
  return content;
}
