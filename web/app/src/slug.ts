const SLUG = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}\-_.~]{0,63}$/u;

export const SLUG_RULE = 'Use up to 64 letters, digits, “-”, “_”, “.” or “~”, and begin with a letter or a digit.';

/** The name of a room's address, of what somebody typed; nothing if it cannot be one. */
export function slugOf(typed: string): string | undefined {
  const slug = typed.trim().replace(/\s+/gu, '-');
  return SLUG.test(slug) ? slug : undefined;
}
