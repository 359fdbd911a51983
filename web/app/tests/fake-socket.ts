/** A socket whose other end is the test. */
export class FakeSocket {
  readonly sent: { id: string; command: string; [field: string]: unknown }[] = [];
  readonly path: string;
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(path: string) {
    this.path = path;
  }

  get asWebSocket(): WebSocket {
    return this as unknown as WebSocket;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.();
  }

  says(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  hello(cursor = 'c0'): void {
    this.says({ type: 'hello', heartbeat_ms: 25_000, limits: {}, cursor });
  }

  /** Answers the last command. */
  reply(result: unknown): void {
    this.says({ type: 'reply', id: this.sent.at(-1)?.id, result });
  }

  /** Answers the ping that proves the connection. */
  echo(): void {
    this.reply({ data: this.sent.at(-1)?.['data'] });
  }

  closes(code: number): void {
    this.onclose?.({ code, reason: '' });
  }
}

/** Everything that was promised and can be done by now is done. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
