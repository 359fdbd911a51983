import assert from 'node:assert/strict';
import { test } from 'node:test';
import { membersNotice, noticesOf, settingsNotices } from '../src/notices.ts';
import type { Change } from '../src/timeline.ts';
import type { MembersChange, Role, SenderCard, SettingsCard } from '../src/wire.ts';

const card = (name: string): SenderCard => ({ id: name, name, version: 1 });
const sentence = (actor: string, change: MembersChange, accounts: string[], role?: Role): string =>
  membersNotice(
    { type: 'members', seq: 1, sent_at: '', actor: card(actor), accounts: accounts.map(card), change, ...(role ? { role } : {}) },
    'Me',
  );

const cases: [string, string][] = [
  [sentence('Ada', 'added', ['Bob']), 'Ada added Bob'],
  [sentence('Me', 'added', ['Bob', 'Eve']), 'You added Bob and Eve'],
  [sentence('Ada', 'added', ['Me']), 'Ada added you'],
  [sentence('Ada', 'added', ['A', 'B', 'C', 'D']), 'Ada added A, B, C and D'],
  [sentence('Ada', 'added', ['A', 'B', 'C', 'D', 'E']), 'Ada added A, B, C and 2 others'],
  [sentence('Bob', 'joined', ['Bob']), 'Bob joined by an invitation'],
  [sentence('Bob', 'left', ['Bob']), 'Bob left'],
  [sentence('Ada', 'removed', ['Bob']), 'Ada removed Bob'],
  [sentence('Ada', 'banned', ['Bob']), 'Ada banned Bob'],
  [sentence('Ada', 'unbanned', ['Bob']), 'Ada lifted the ban on Bob'],
  [sentence('Ada', 'role', ['Bob'], 'moderator'), 'Bob is now a moderator'],
  [sentence('Ada', 'role', ['Me'], 'read_only'), 'You are now a reader, who cannot write'],
  [sentence('Ada', 'owner', ['Bob'], 'owner'), 'Bob is now the owner'],
];

for (const [made, wanted] of cases) test(wanted, () => assert.equal(made, wanted));

const SETTINGS: SettingsCard = {
  title: 'Crew',
  topic: '',
  listed: false,
  locked: false,
  slow_mode_seconds: 0,
  history_visible: true,
  version: 1,
};

test('each change of the settings is a sentence, and what nobody sees is none', () => {
  const told = (change: Partial<SettingsCard>): string[] => settingsNotices(SETTINGS, { ...SETTINGS, ...change }, card('Ada'), 'Me');
  assert.deepEqual(told({ title: 'Watch', locked: true }), ['Ada changed the name to “Watch”', 'Ada locked the conversation']);
  assert.deepEqual(told({ topic: 'Sails' }), ['Ada changed the topic to “Sails”']);
  assert.deepEqual(told({ slow_mode_seconds: 30 }), ['Ada let members write once in 30 seconds']);
  assert.deepEqual(told({ history_visible: false }), ['Ada let new members see only what is said from then on']);
  assert.deepEqual(told({ listed: true }), ['Ada put the room on the list of public rooms']);
  assert.deepEqual(told({ version: 2 }), []);
});

const NOON = '2025-06-01T12:00:00.000Z';

type Told = [actor: string, change: MembersChange, accounts: string[], more?: { role?: Role; sent_at?: string }];

const folded = (...told: Told[]): string[] =>
  noticesOf(
    told.map(([actor, change, accounts, more], index): Change => ({
      type: 'members',
      seq: index + 1,
      actor: card(actor),
      accounts: accounts.map(card),
      change,
      sent_at: NOON,
      ...more,
    })),
    'Me',
  ).map(({ text }) => text);

const foldings: [string, Told[], string[]][] = [
  ['those who come', [['Ada', 'joined', ['Ada']], ['Bob', 'joined', ['Bob']]], ['Ada and Bob joined by an invitation']],
  [
    'many who come',
    ['Ada', 'Bob', 'Me', 'Eve', 'Kim', 'Lou'].map((name): Told => [name, 'joined', [name]]),
    ['Ada, Bob, you and 3 others joined by an invitation'],
  ],
  ['whom one adds', [['Ada', 'added', ['Bob', 'Eve']], ['Ada', 'added', ['Kim']]], ['Ada added Bob, Eve and Kim']],
  ['whom two add', [['Ada', 'added', ['Bob']], ['Eve', 'added', ['Kim']]], ['Ada added Bob', 'Eve added Kim']],
  [
    'somebody who comes and goes',
    [['Bob', 'joined', ['Bob']], ['Bob', 'left', ['Bob']], ['Bob', 'joined', ['Bob']]],
    ['Bob joined by an invitation', 'Bob left', 'Bob joined by an invitation'],
  ],
  ['one account twice', [['Ada', 'removed', ['Bob']], ['Ada', 'removed', ['Bob']]], ['Ada removed Bob']],
  [
    'roles',
    [['Ada', 'role', ['Bob'], { role: 'admin' }], ['Ada', 'role', ['Eve'], { role: 'admin' }]],
    ['Bob is now an admin', 'Eve is now an admin'],
  ],
  [
    'days',
    [['Ada', 'left', ['Ada'], { sent_at: '2025-05-30T12:00:00.000Z' }], ['Bob', 'left', ['Bob']]],
    ['Ada left', 'Bob left'],
  ],
];

for (const [what, told, wanted] of foldings) test(`told together, and not: ${what}`, () => assert.deepEqual(folded(...told), wanted));
