import type { Block, Inline, Item } from '../markup.ts';
import { calls } from '../mentions.ts';
import { element } from './dom.ts';

const TAGS = { bold: 'strong', italic: 'em', strike: 's' } as const;

/** What a message says, to `me`. Each block that is in no other, and each item, takes its direction from its own text. */
export const markupNodes = (blocks: readonly Block[], me: string): HTMLElement[] => blockNodes(blocks, me, 'auto');

function blockNodes(blocks: readonly Block[], me: string, dir: 'auto' | undefined): HTMLElement[] {
  return blocks.map((block) => {
    if (block.type === 'paragraph') return element('p', { dir }, ...inlineNodes(block.content, me));
    if (block.type === 'quote') return element('blockquote', { dir }, ...blockNodes(block.content, me, undefined));
    if (block.type === 'list') return list(block.content, me);
    // What is as wide as the screen is broken: there is nothing to scroll, and so nothing that takes the focus.
    return element('pre', { dir: 'ltr', 'data-language': block.language || undefined }, element('code', {}, ...inlineNodes(block.content, me)));
  });
}

function list(items: readonly Item[], me: string): HTMLElement {
  const digits = Math.max(...items.map(({ number = '' }) => number.length));
  const nodes = items.map(({ number, content }) =>
    element('li', { dir: 'auto', value: number && String(Number(number)) }, ...blockNodes(content, me, undefined)),
  );
  const node = element(digits > 0 ? 'ol' : 'ul', {}, ...nodes);
  // The longest number has room within the bubble.
  if (digits > 0) node.style.setProperty('--digits', String(digits));
  return node;
}

function inlineNodes(inlines: readonly Inline[], me: string): (Node | string)[] {
  return inlines.map((inline) => {
    if (typeof inline === 'string') return inline;
    const content = inlineNodes(inline.content, me);
    if (inline.type === 'code') return element('code', { dir: 'ltr' }, ...content);
    if (inline.type === 'mention') return element('span', { class: calls([inline.entity], me) ? 'mention me' : 'mention', dir: 'auto' }, ...content);
    if (inline.type === 'spoiler') return spoiler(content);
    if (inline.type !== 'link') return element(TAGS[inline.type], {}, ...content);
    const anchor = element('a', { href: inline.href, target: '_blank', rel: 'noopener noreferrer nofollow' });
    if (inline.content[0] === inline.href) anchor.append(...content);
    // A label may say anything: what comes after it is told, and nothing in it can turn that around.
    else anchor.append(element('bdi', {}, ...content), element('bdi', { class: 'host' }, ` (${host(inline.href)})`));
    return anchor;
  });
}

/** Hidden, from screen readers too, until it is pressed. */
function spoiler(content: (Node | string)[]): HTMLElement {
  const node = element(
    'span',
    { class: 'spoiler', role: 'button', tabindex: '-1', 'aria-label': 'Show spoiler', title: 'Show spoiler' },
    element('span', {}, ...content),
  );
  const show = (event: Event): void => {
    // It may be part of a link.
    event.preventDefault();
    for (const name of ['role', 'aria-label', 'title']) node.removeAttribute(name);
    node.tabIndex = -1;
    node.onclick = node.onkeydown = null;
  };
  node.onclick = show;
  node.onkeydown = (event) => {
    if (event.key === 'Enter' || event.key === ' ') show(event);
  };
  return node;
}

function host(href: string): string {
  try {
    return new URL(href).host;
  } catch {
    return href;
  }
}
