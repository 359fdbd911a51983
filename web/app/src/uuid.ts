type Fill = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;

// `crypto.randomUUID` is missing on plain-HTTP addresses of a local network; `getRandomValues` is there.
const fillRandom: Fill = (bytes) => crypto.getRandomValues(bytes);

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** A secret of 128 random bits. */
export const randomKey = (): string => hex(fillRandom(new Uint8Array(16)));

/** Makes UUIDs of version 7 that rise strictly, also within one millisecond and when the clock is set back. */
export class UuidV7Maker {
  readonly #now: () => number;
  readonly #fill: Fill;
  #milliseconds = 0;
  #counter = 0;

  constructor(now: () => number = Date.now, fill: Fill = fillRandom) {
    this.#now = now;
    this.#fill = fill;
  }

  next(): string {
    const bytes = this.#fill(new Uint8Array(16));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const now = this.#now();
    if (now > this.#milliseconds) {
      this.#milliseconds = now;
      // Half of the twelve bits, so that a burst has room to count up.
      this.#counter = view.getUint16(6) & 0x7ff;
    } else if (++this.#counter > 0xfff) {
      this.#milliseconds++;
      this.#counter = 0;
    }
    view.setUint32(0, Math.floor(this.#milliseconds / 0x1_0000));
    view.setUint16(4, this.#milliseconds % 0x1_0000);
    view.setUint16(6, 0x7000 | this.#counter);
    view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
    const digits = hex(bytes);
    return [8, 12, 16, 20, 32].map((end, part) => digits.slice([0, 8, 12, 16, 20][part], end)).join('-');
  }
}
