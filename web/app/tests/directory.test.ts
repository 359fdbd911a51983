import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Directory } from '../src/directory.ts';
import { ApiError } from '../src/request.ts';
import type { ListedRoom, RoomsPage } from '../src/wire.ts';

const room = (slug: string): ListedRoom => ({ slug, title: slug, topic: '', members: 1, joined: false });

/** A server with so many rooms, which says which pages it was asked for. */
function server(count: number) {
  const asked: (string | undefined)[] = [];
  const slugs = Array.from({ length: count }, (_, index) => `room-${String(index).padStart(4, '0')}`);
  const read = async (after: string | undefined, limit: number): Promise<RoomsPage> => {
    asked.push(after);
    const rest = slugs.filter((slug) => after === undefined || slug > after);
    const page = rest.slice(0, limit);
    return { rooms: page.map(room), next: rest.length > limit ? (page.at(-1) as string) : null };
  };
  return { asked, read };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test('a page is read, and the next when it is wanted', async () => {
  const { asked, read } = server(450);
  const directory = new Directory(() => {}, read);
  assert.equal(directory.known, false);
  await directory.begin();
  assert.deepEqual([directory.count, directory.more], [200, true]);
  await directory.readOn();
  await directory.readOn();
  assert.deepEqual([directory.count, directory.more], [450, false]);
  await directory.readOn();
  assert.deepEqual(asked, [undefined, 'room-0199', 'room-0399']);
});

test('what is looked for is looked for among 1,000 more, and then on request', async () => {
  const { asked, read } = server(2_500);
  const directory = new Directory(() => {}, read);
  await directory.begin();
  directory.look('room-2499');
  await settled();
  assert.deepEqual([directory.count, directory.found.length, directory.more], [1_200, 0, true]);
  directory.look('room-2498');
  await settled();
  assert.equal(asked.length, 6);
  await directory.readOn();
  assert.equal(directory.count, 2_200);
  await directory.readOn();
  assert.deepEqual(directory.found.map(({ slug }) => slug), ['room-2498']);
});

test('what is looked for before the first page has come is looked for all the same', async () => {
  const { read } = server(450);
  const directory = new Directory(() => {}, read);
  const first = directory.begin();
  directory.look('room-0449');
  await first;
  assert.deepEqual(directory.found.map(({ slug }) => slug), ['room-0449']);
});

test('what was read stays when the rest does not come', async () => {
  const { read } = server(450);
  let fails = false;
  const directory = new Directory(
    () => {},
    async (after, limit) => {
      if (fails) throw new ApiError(503, 'unavailable', 'Try again later.');
      return read(after, limit);
    },
  );
  await directory.begin();
  fails = true;
  await directory.readOn();
  assert.deepEqual([directory.phase, directory.problem, directory.count], ['failed', 'Try again later.', 200]);
  fails = false;
  await directory.begin();
  assert.deepEqual([directory.phase, directory.problem, directory.count], ['idle', '', 200]);
});

test('an answer that comes after a later one is dropped', async () => {
  const answers: ((page: RoomsPage) => void)[] = [];
  const directory = new Directory(() => {}, () => new Promise((resolve) => answers.push(resolve)));
  const [first, second] = [directory.begin(), directory.begin()];
  answers[1]?.({ rooms: [room('new')], next: null });
  await second;
  answers[0]?.({ rooms: [room('old')], next: 'old' });
  await first;
  assert.deepEqual([directory.found.map(({ slug }) => slug), directory.more, directory.phase], [['new'], false, 'idle']);
});
