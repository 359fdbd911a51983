import type { Block, Inline, Item } from './markup.ts';

/** What a message says where nothing can be shown but letters. What is hidden remains so. */
export function plainText(nodes: readonly (Block | Item | Inline)[], between = '\n'): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') return node;
      if (node.type === 'spoiler') return '[spoiler]';
      if (node.type === 'quote' || node.type === 'list') return plainText(node.content);
      if (node.type === 'item') return `${node.number === undefined ? '-' : `${node.number}.`} ${plainText(node.content)}`;
      return plainText(node.content, '');
    })
    .join(between);
}
