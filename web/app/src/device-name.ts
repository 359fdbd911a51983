const BROWSERS: [RegExp, string][] = [
  [/\bEdg\//u, 'Edge'],
  [/\bOPR\//u, 'Opera'],
  [/\bFirefox\//u, 'Firefox'],
  [/\bChrome\//u, 'Chrome'],
  [/\bSafari\//u, 'Safari'],
];

const SYSTEMS: [RegExp, string][] = [
  [/\b(?:iPhone|iPad)\b/u, 'iOS'],
  [/\bAndroid\b/u, 'Android'],
  [/\bWindows\b/u, 'Windows'],
  [/\bMac OS X\b/u, 'macOS'],
  [/\bCrOS\b/u, 'ChromeOS'],
  [/\bLinux\b/u, 'Linux'],
];

const first = (names: [RegExp, string][], agent: string): string | undefined =>
  names.find(([pattern]) => pattern.test(agent))?.[1];

/** What this browser is called in the list of an account's devices. */
export function deviceName(agent: string): string {
  const browser = first(BROWSERS, agent) ?? 'Browser';
  const system = first(SYSTEMS, agent);
  return system === undefined ? browser : `${browser} on ${system}`;
}
