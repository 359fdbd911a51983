import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forget, storageKey, type KeyValueStore } from '../src/storage.ts';

function memory(): KeyValueStore & { entries: Map<string, string> } {
  const entries = new Map<string, string>();
  return {
    entries,
    get: (key) => entries.get(key),
    set: (key, value) => void entries.set(key, value),
    remove: (key) => void entries.delete(key),
    keys: (prefix) => [...entries.keys()].filter((key) => key.startsWith(prefix)),
  };
}

test('of an account everything is forgotten, and nothing of another', () => {
  const store = memory();
  const { queue, draft, muted, wrote } = storageKey;
  const keysOf = (account: string): string[] =>
    [`${queue(account)}message`, ...[draft, muted, wrote].map((key) => key(account, 'room'))];
  for (const key of [...keysOf('ada'), ...keysOf('bob'), 'of somebody else.x.ada']) store.set(key, 'x');
  forget(store, 'ada');
  assert.deepEqual([...store.entries.keys()].sort(), [...keysOf('bob'), 'of somebody else.x.ada'].sort());
});
