import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkParts } from '../src/links.ts';

const links = (text: string): string[] => linkParts(text).flatMap((part) => (typeof part === 'string' ? [] : [part.href]));

test('only http and https become links', () => {
  assert.deepEqual(links('see https://example.org/a?b=c#d and HTTP://EXAMPLE.ORG'), [
    'https://example.org/a?b=c#d',
    'HTTP://EXAMPLE.ORG',
  ]);
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'ftp://example.org', 'https://', 'xhttps://e.org']) {
    assert.deepEqual(links(text), [], text);
  }
});

test('the punctuation of the sentence stays outside', () => {
  assert.deepEqual(links('(https://example.org/a_(b)). "https://example.org"!'), [
    'https://example.org/a_(b)',
    'https://example.org',
  ]);
});

test('the parts are the whole text', () => {
  for (const text of ['', 'no link', 'https://a.example, https://b.example.', 'x\nhttp://a.example\ny', '<https://a.example>']) {
    assert.equal(linkParts(text).map((part) => (typeof part === 'string' ? part : part.text)).join(''), text);
  }
});

test('a text made to keep the page busy does not', () => {
  for (const piece of [')', '.', '()', ').', '([{', 'http://a', '%']) {
    const text = `http://a.example/${piece.repeat(100_000)}${')'.repeat(100_000)}`;
    const started = performance.now();
    links(text);
    // Three times the longest message takes some milliseconds; with a step for each pair of characters, minutes.
    assert.ok(performance.now() - started < 5_000, piece);
  }
});
