import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grantable, may, outranks, type Action } from '../src/permission.ts';
import type { Kind, Role } from '../src/wire.ts';

const ROLES: Role[] = ['owner', 'admin', 'moderator', 'member', 'read_only'];

// The table of docs/protocol.md: owner, admin, moderator, member, read_only.
const TABLE: [Kind, Action, string][] = [
  ['group', 'write', 'yyyy-'],
  ['group', 'write-locked', 'yyy--'],
  ['group', 'write-at-once', 'yyy--'],
  ['group', 'delete-any', 'yyy--'],
  ['group', 'pin', 'yyy--'],
  ['group', 'name-all', 'yyyy-'],
  ['group', 'remove', 'yyy--'],
  ['group', 'ban', 'yyy--'],
  ['group', 'mute', 'yyy--'],
  ['group', 'add-members', 'yy---'],
  ['group', 'invite', 'yy---'],
  ['group', 'change-settings', 'yy---'],
  ['group', 'set-role', 'yy---'],
  ['group', 'hand-over', 'y----'],
  ['group', 'see-members', 'yyyyy'],
  ['room', 'write', 'yyyy-'],
  ['room', 'pin', 'yyy--'],
  ['room', 'name-all', 'yyy--'],
  ['room', 'ban', 'yyy--'],
  ['room', 'change-settings', 'yy---'],
  ['room', 'hand-over', 'y----'],
  ['room', 'add-members', '-----'],
  ['room', 'invite', '-----'],
  ['direct', 'write', 'yyyyy'],
  ['direct', 'pin', 'yyyyy'],
  ['direct', 'name-all', '-----'],
  ['direct', 'delete-any', '-----'],
  ['direct', 'see-members', '-----'],
  ['direct', 'change-settings', '-----'],
];

for (const [kind, action, expected] of TABLE) {
  test(`${action} in a ${kind}`, () => {
    assert.equal(ROLES.map((role) => (may(role, action, kind) ? 'y' : '-')).join(''), expected);
  });
}

test('nobody stands above themselves or who is beside them', () => {
  for (const role of ROLES) assert.equal(outranks(role, role), false);
  assert.equal(outranks('owner', 'admin'), true);
  assert.equal(outranks('moderator', 'admin'), false);
});

test('roles are given from below one’s own', () => {
  assert.deepEqual(grantable('owner'), ['read_only', 'member', 'moderator', 'admin']);
  assert.deepEqual(grantable('admin'), ['read_only', 'member', 'moderator']);
});
