import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { test } from 'node:test';
import { parseMarkup, type Block, type Inline, type Item } from '../src/markup.ts';
import { plainText } from '../src/plain-text.ts';
import type { Entity } from '../src/wire.ts';

interface Case {
  name: string;
  text: string;
  entities?: Entity[];
  tree: unknown[];
  plain?: string;
}

const CASES = JSON.parse(readFileSync(new URL('../../../../tests/markup.json', import.meta.url), 'utf8')) as Case[];

/** As docs/markup.md writes it. */
function asJson(node: Block | Item | Inline): unknown {
  if (typeof node === 'string') return node;
  const content = node.content.map(asJson);
  switch (node.type) {
    case 'item':
      return { item: content, ...(node.number === undefined ? {} : { number: node.number }) };
    case 'code_block':
      return { code_block: content, ...(node.language === '' ? {} : { language: node.language }) };
    case 'link':
      return { link: node.href, ...(content.length === 1 && content[0] === node.href ? {} : { label: content }) };
    case 'mention':
      return node.entity.type === 'mention_all'
        ? { mention_all: content.join('') }
        : { mention: node.entity.account, text: content.join('') };
    default:
      return { [node.type]: content };
  }
}

test('each text of the fixture has its tree', () => {
  assert.ok(CASES.length >= 150);
  for (const { name, text, entities, tree, plain } of CASES) {
    const parsed = parseMarkup(text, entities);
    assert.deepEqual(parsed.map(asJson), tree, name);
    if (plain !== undefined) assert.equal(plainText(parsed), plain, name);
  }
});

test('names are unique', () => {
  assert.equal(new Set(CASES.map(({ name }) => name)).size, CASES.length);
});

test('only http and https become links', () => {
  const hrefs = (node: Block | Item | Inline): string[] =>
    typeof node === 'string' ? [] : [...(node.type === 'link' ? [node.href] : []), ...node.content.flatMap(hrefs)];
  let found = 0;
  for (const { name, text, entities } of CASES) {
    for (const href of parseMarkup(text, entities).flatMap(hrefs)) {
      found++;
      assert.match(new URL(href).protocol, /^https?:$/, name);
    }
  }
  assert.ok(found >= 50);
});

const LONG = 20_000;
// Milliseconds for the longest text; with a step for each pair of characters it would be minutes.
const STEPS_PER_CHARACTER_MAX = 25;

test('a text made to keep the page busy does not', async () => {
  // The engine counts how often each branch runs: the same on every machine, however busy.
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  // A copy of its own: functions that have run before are not counted.
  const url = `${new URL('../src/markup.js', import.meta.url)}?counted`;
  const { parseMarkup: parseCounted } = (await import(url)) as typeof import('../src/markup.ts');
  for (const [name, text, entities] of hostile()) {
    parseCounted(text, entities);
    // Taking the counts sets them to zero.
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const counts = result.find((script) => script.url === url)!.functions.flatMap(({ ranges }) => ranges);
    const steps = counts.reduce((sum, { count }) => sum + count, 0);
    assert.ok(steps <= STEPS_PER_CHARACTER_MAX * text.length, `${name}: ${steps} steps for ${text.length} characters`);
  }
  session.disconnect();
});

/** Pieces of markup over and over, two and two, and all texts of the fixture. */
function* hostile(): Generator<[name: string, text: string, entities?: Entity[]]> {
  const pieces = ['*', '***', '_', '~~', '||', '`', '``', '```', '[', '](', '](https://a', ' https://a', '(', ').', '\\', '\n', ' ', 'a', '> ', '- '];
  const filled = (piece: string, length = LONG): string => piece.repeat(length / piece.length);
  for (const piece of pieces) {
    for (const other of pieces) {
      yield [`${piece} and ${other} in turn`, filled(piece + other)];
      yield [`${piece} before ${other}`, filled(piece, LONG / 2) + filled(other, LONG / 2)];
    }
  }
  for (const { name, text } of CASES) if (text !== '') yield [name, filled(text)];
  const runs = Array.from({ length: 200 }, (_, index) => '`'.repeat(index));
  yield ['runs of every length', runs.join(' ')];
  yield ['code between runs of every length', runs.join('\n')];
  yield ['lists deeper and deeper', Array.from({ length: 200 }, (_, index) => `${'  '.repeat(index)}- a`).join('\n')];
  yield ['mentions', filled('@'), Array.from({ length: LONG }, (_, offset) => ({ type: 'mention_all', offset, length: 1 }))];
}
