import { folded } from './folded.ts';
import type { Entity } from './wire.ts';

// The server takes no more.
const NAMED_MAX = 50;
const TYPED_MAX = 40;

/** Somebody who can be named; without an account it is everybody. */
export interface Candidate {
  name: string;
  account: string | undefined;
}

/** The places of those who are named, after the text around them was changed. Whose name was changed is named no more. */
export function moved(entities: readonly Entity[], before: string, after: string, caret: number): Entity[] {
  // What was typed or removed ends at the caret; of equal letters on both sides of it only that tells which are new.
  const most = Math.min(before.length, after.length, Math.max(0, after.length - caret));
  let tail = 0;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  let head = 0;
  while (head < Math.min(before.length, after.length) - tail && before[head] === after[head]) head++;
  const end = before.length - tail;
  return entities.flatMap((entity) => {
    if (entity.offset + entity.length <= head) return [entity];
    return entity.offset >= end ? [{ ...entity, offset: entity.offset + after.length - before.length }] : [];
  });
}

/** With one more, in the order of the text. */
export function withNamed(entities: readonly Entity[], entity: Entity): Entity[] {
  const apart = ({ offset, length }: Entity): boolean => offset + length <= entity.offset || entity.offset + entity.length <= offset;
  return [...entities.filter(apart), entity].sort((a, b) => a.offset - b.offset).slice(0, NAMED_MAX);
}

/** What is sent of what was typed: without blank lines before it and blank space behind it. */
export function trimmed(typed: string, entities: readonly Entity[]): { text: string; entities: Entity[] } {
  const begun = typed.replace(/^\s*\n/u, '');
  const cut = typed.length - begun.length;
  const text = begun.trimEnd();
  return {
    text,
    entities: entities
      .map((entity) => ({ ...entity, offset: entity.offset - cut }))
      .filter(({ offset, length }) => offset >= 0 && offset + length <= text.length),
  };
}

/** What one has begun to write of a name, and where its `@` is. */
export interface Begun {
  at: number;
  typed: string;
}

/** The name that is being written before the caret, if one is. */
export function begunAt(text: string, caret: number, entities: readonly Entity[]): Begun | undefined {
  const at = caret === 0 ? -1 : text.lastIndexOf('@', caret - 1);
  // Within a word it is an address.
  if (at < 0 || /[\p{L}\p{N}._-]$/u.test(text.slice(0, at))) return undefined;
  if (entities.some(({ offset, length }) => offset <= at && at < offset + length)) return undefined;
  const typed = text.slice(at + 1, caret);
  return typed.length > TYPED_MAX || /^\s|\n|\s\s/u.test(typed) ? undefined : { at, typed };
}

/** Those whose name begins so, and then those with a later word that does. */
export function matching(candidates: readonly Candidate[], typed: string): Candidate[] {
  const wanted = folded(typed);
  const first: Candidate[] = [];
  const later: Candidate[] = [];
  for (const candidate of candidates) {
    const name = folded(candidate.name);
    if (name.startsWith(wanted)) first.push(candidate);
    else if (name.split(/\s+/u).some((word) => word.startsWith(wanted))) later.push(candidate);
  }
  return [...first, ...later];
}

/** Somebody is named by the text that stands there. */
export function naming({ account }: Candidate, offset: number, length: number): Entity {
  return account === undefined ? { type: 'mention_all', offset, length } : { type: 'mention', offset, length, account };
}

/** Whether a text calls somebody, alone or with everybody. */
export const calls = (entities: readonly Entity[], account: string): boolean =>
  entities.some((entity) => entity.type === 'mention_all' || (entity.type === 'mention' && entity.account === account));
