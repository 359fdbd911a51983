const ADJECTIVES = [
  'Amber', 'Breezy', 'Calm', 'Clever', 'Cosy', 'Curious', 'Eager', 'Fair', 'Gentle', 'Golden', 'Happy', 'Jolly', 'Kind',
  'Lively', 'Lucky', 'Mellow', 'Merry', 'Nimble', 'Quiet', 'Rosy', 'Silver', 'Sunny', 'Swift', 'Witty',
];
const ANIMALS = [
  'Badger', 'Beaver', 'Bee', 'Crane', 'Dolphin', 'Dove', 'Finch', 'Fox', 'Hare', 'Hedgehog', 'Heron', 'Lark', 'Lynx',
  'Magpie', 'Marten', 'Otter', 'Owl', 'Puffin', 'Robin', 'Seal', 'Sparrow', 'Stoat', 'Swan', 'Wren',
];

const pick = (words: string[]): string => words[Math.floor(Math.random() * words.length)] ?? '';

/** A name to begin with; it need not be unique. */
export const friendlyName = (): string => `${pick(ADJECTIVES)} ${pick(ANIMALS)}`;
