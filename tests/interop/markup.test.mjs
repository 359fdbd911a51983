// The two parsers of markup make the same of any text.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const page = new URL('../../web/app/', import.meta.url);
const server = process.env.TEST_SERVER ?? fileURLToPath(new URL('../../target/release/chinwag', import.meta.url));
const PARSER = join(dirname(server), 'examples/trees');
const TEXTS = 50_000;
const PIECES_MAX = 30;
const PIECES = ['*', '**', '***', '_', '~~', '||', '`', '``', '```', '```js\n', '[', ']', '](', '](https://a.b/', '(', ')', '.', '!', '\\', '\n', '\n\n', ' ', '  ',
  '> ', '>', '- ', '1. ', '23.', 'a', 'word', 'é', 'я', '世', '😀', '\u0301', '\u200b', '\u00a0', '\u3000', '\t', '\r', '\0', 'http', 'https://', 'HTTP://x', 'https://a.b',
  '@Ada', '"', '<b>', '|', '~', '—', '»'];

/** Numbers from 0 on below a limit, always the same ones (a linear congruential generator with constants of Knuth's). */
function numbers(seed) {
  let state = BigInt(seed);
  return (limit) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
    return Number(state >> 33n) % limit;
  };
}

function textsAndEntities() {
  const below = numbers(8);
  return Array.from({ length: TEXTS }, () => {
    const text = Array.from({ length: below(PIECES_MAX) }, () => PIECES[below(PIECES.length)]).join('');
    const entities = Array.from({ length: below(4) }, (_, index) => ({
      type: 'mention', account: String(index), offset: below(text.length + 2), length: below(6),
    }));
    // Mostly as the server sends them.
    if (below(8) > 0) entities.sort((a, b) => a.offset - b.offset);
    return { text, entities };
  });
}

test('both parsers make the same tree of any text', async () => {
  const { build } = await import(createRequire(page).resolve('vite'));
  const { output } = await build({
    configFile: false,
    logLevel: 'warn',
    root: fileURLToPath(page),
    build: { write: false, minify: false, rollupOptions: { input: 'src/markup.ts', preserveEntrySignatures: 'strict' } },
  });
  const { parseMarkup } = await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
  const texts = textsAndEntities();
  const input = JSON.stringify(texts);
  const trees = JSON.parse(execFileSync(PARSER, { input, encoding: 'utf8', maxBuffer: 2 ** 30 }));
  assert.equal(trees.length, TEXTS);
  for (const [index, { text, entities }] of texts.entries()) {
    assert.deepEqual(parseMarkup(text, entities).map(asJson), trees[index], JSON.stringify(texts[index]));
  }
});

/** As docs/markup.md writes it. */
function asJson(node) {
  if (typeof node === 'string') return node;
  const content = node.content.map(asJson);
  switch (node.type) {
    case 'item':
      return { item: content, ...(node.number === undefined ? {} : { number: node.number }) };
    case 'code_block':
      return { code_block: content, ...(node.language === '' ? {} : { language: node.language }) };
    case 'link':
      return { link: node.href, ...(content[0] === node.href ? {} : { label: content }) };
    case 'mention':
      return { mention: node.entity.account, text: content.join('') };
    default:
      return { [node.type]: content };
  }
}
