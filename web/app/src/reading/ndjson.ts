// Far above the largest record; a peer that sends no line end must not fill the memory.
const LINE_LIMIT = 1 << 20;

/** Cuts a byte stream into lines. Neither lines nor characters end where chunks end. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #rest = '';

  push(chunk: Uint8Array): string[] {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LINE_LIMIT) throw new RangeError('A line of the stream is too long.');
    return lines.filter((line) => line !== '');
  }
}
