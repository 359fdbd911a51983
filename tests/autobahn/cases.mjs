// What of Autobahn is run, and what must come out. https://github.com/crossbario/autobahn-testsuite describes the cases.

const PROTOCOL = `
  1.1.1-8 1.2.1-8
  2.1-11
  3.1-7
  4.1.1-5 4.2.1-5
  5.1-20
  6.1.1-3 6.2.1-4 6.3.1-2 6.4.1-4 6.5.1-5 6.6.1-11 6.7.1-4 6.8.1-2 6.9.1-4 6.10.1-3 6.11.1-5 6.12.1-8 6.13.1-5
  6.14.1-10 6.15.1 6.16.1-3 6.17.1-5 6.18.1-5 6.19.1-5 6.20.1-7 6.21.1-8 6.22.1-34 6.23.1-7
  7.1.1-6 7.3.1-6 7.5.1 7.7.1-13 7.9.1-9 7.13.1-2
  10.1.1`;

/** Messages of up to 16 MiB, whole, in fragments and in small pieces. */
const LARGE = '9.1.1-6 9.2.1-6 9.3.1-9 9.4.1-9 9.5.1-6 9.6.1-6 9.7.1-6 9.8.1-6';

/** All 216 of them would take a quarter of an hour for each side. Each kind of data, and each offer of parameters. */
const COMPRESSION = `
  12.1.3 12.1.11 12.2.4 12.2.12 12.3.5 12.3.14 12.4.6 12.5.8
  13.1.3 13.2.4 13.3.5 13.4.6 13.5.4 13.6.3 13.7.12`;

const QUICK = `
  1.1.6 1.2.8 2.4 2.6 2.10 3.2 3.5 4.1.3 4.2.5 5.1 5.4 5.8 5.15 5.18 6.2.3 6.3.1 6.6.5 6.10.1 6.12.3 6.20.3 6.22.5
  7.1.2 7.1.4 7.3.2 7.3.6 7.5.1 7.7.5 7.9.3 7.9.8 9.1.3 9.3.2 9.5.4 10.1.1 12.1.2 13.3.2 13.5.2`;

/** Autobahn passes no judgement where a peer may do one thing or another. Everything else must be OK, and end so. */
const INFORMATIONAL = new Set(['7.1.6', '7.13.1', '7.13.2']);

export const CASES = process.env.AUTOBAHN === 'quick' ? listed(QUICK) : listed(PROTOCOL, LARGE, COMPRESSION);

export const verdictOf = (id) => (INFORMATIONAL.has(id) ? 'INFORMATIONAL' : 'OK');

/** `2.1-3` stands for 2.1, 2.2 and 2.3. */
function listed(...lists) {
  return lists.join(' ').trim().split(/\s+/).flatMap((range) => {
    const [, group, first, last = first] = range.match(/^(.+\.)(\d+)(?:-(\d+))?$/);
    return Array.from({ length: last - first + 1 }, (_, index) => `${group}${Number(first) + index}`);
  });
}
