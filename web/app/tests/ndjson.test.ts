import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineSplitter } from '../src/reading/ndjson.ts';

const records = [{ text: 'plain' }, { text: 'grün — 日本語 👩‍👩‍👧 end' }, { text: 'line\nbreak' }];
const bytes = new TextEncoder().encode(records.map((record) => `${JSON.stringify(record)}\n`).join(''));

test('a cut at any byte changes nothing', () => {
  for (let cut = 0; cut <= bytes.length; cut++) {
    const splitter = new LineSplitter();
    const lines = [...splitter.push(bytes.subarray(0, cut)), ...splitter.push(bytes.subarray(cut))];
    assert.deepEqual(lines.map((line) => JSON.parse(line)), records, `cut at ${cut}`);
  }
});

test('single bytes make whole lines', () => {
  const splitter = new LineSplitter();
  const lines = [...bytes].flatMap((byte) => splitter.push(Uint8Array.of(byte)));
  assert.deepEqual(lines.map((line) => JSON.parse(line)), records);
});

test('an unfinished line is held back, an empty one is nothing', () => {
  const splitter = new LineSplitter();
  assert.deepEqual(splitter.push(new TextEncoder().encode('\n\n{"a":1}')), []);
  assert.deepEqual(splitter.push(new TextEncoder().encode('\n')), ['{"a":1}']);
});

test('a line without end is refused', () => {
  const splitter = new LineSplitter();
  const block = new Uint8Array(1 << 19).fill(0x61);
  splitter.push(block);
  splitter.push(block);
  assert.throws(() => splitter.push(block), RangeError);
});
