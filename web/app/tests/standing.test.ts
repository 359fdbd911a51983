import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standingOf } from '../src/standing.ts';
import type { MembersPage } from '../src/wire.ts';

/** A list of so many pages, each with one member that is called after it. */
const pages = (count: number) => {
  const asked: (string | undefined)[] = [];
  const read = async (_conversation: string, after: string | undefined): Promise<MembersPage> => {
    asked.push(after);
    const number = after === undefined ? 1 : Number(after) + 1;
    return {
      members: [{ account: { id: `account-${number}`, name: '', version: 1 }, role: 'moderator' }],
      next: number < count ? String(number) : null,
    };
  };
  return { read, asked };
};

test('a member is found on the page where it stands', async () => {
  const { read, asked } = pages(4);
  const found = await standingOf('c', 'account-3', read);
  assert.equal(typeof found === 'object' && found.role, 'moderator');
  assert.deepEqual(asked, [undefined, '1', '2']);
});

test('who is on no page is absent', async () => {
  assert.equal(await standingOf('c', 'account-9', pages(3).read), 'absent');
});

test('among very many members it is left open', async () => {
  const { read, asked } = pages(9);
  assert.equal(await standingOf('c', 'account-8', read), 'unknown');
  assert.equal(asked.length, 5);
});
