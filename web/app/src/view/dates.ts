// A browser may name a language that Intl does not know ("C"), and Intl throws on it.
const locale = ((): string | undefined => {
  try {
    return Intl.getCanonicalLocales(navigator.language)[0];
  } catch {
    return undefined;
  }
})();

const time = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' });
const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
const dayAndYear = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

export const timeText = (date: Date): string => time.format(date);
export const exactText = (date: Date): string => exact.format(date);

/** Counted from local midnights, not in steps of 24 hours. */
export function dayText(date: Date, now = new Date()): string {
  const midnight = (days: number): string => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).toDateString();
  if (date.toDateString() === midnight(0)) return 'Today';
  if (date.toDateString() === midnight(-1)) return 'Yesterday';
  return (date.getFullYear() === now.getFullYear() ? day : dayAndYear).format(date);
}

/** The day as a part of a sentence. */
const dayWithin = (date: Date): string => {
  const text = dayText(date);
  return text === 'Today' || text === 'Yesterday' ? text.toLowerCase() : text;
};

export const lastSeenText = (date: Date): string => `Last seen ${dayWithin(date)}, ${timeText(date)}`;

export const untilText = (end: Date): string => `until ${dayText(end)}, ${timeText(end)}`;

export const untilMidnightMs = (now = new Date()): number =>
  new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime();
