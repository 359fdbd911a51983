import { ApiError } from '../request.ts';
import {
  CLOSE_RETRY,
  type AnswerFrame,
  type CommandFrame,
  type FrameCommand,
  type Pong,
  type Record as EventRecord,
} from '../wire.ts';
import { eventsPath, type Failure, type Opened, placeAfter, type Sink, type Transport, type View } from './transport.ts';
import { Viewing } from './viewing.ts';

const SUBPROTOCOL = 'chinwag.v1.json';
// Larger than what proxies pass on only when more has come.
const PROOF = 'x'.repeat(3_000);
const ANSWER_MS = 10_000;

type Waiting = {
  resolve(result: unknown): void;
  reject(error: ApiError): void;
  timer: ReturnType<typeof setTimeout>;
};

/** Records come down one, and commands go up it. It counts as working when the echo of a large ping is back. */
class OpenedSocket implements Opened {
  readonly #socket: WebSocket;
  readonly #sink: Sink;
  readonly #waiting = new Map<string, Waiting>();
  readonly #viewing = new Viewing(({ as, conversations, accounts }) => this.ask({ command: 'view', conversations, accounts }, as));
  #lastId = 0;
  #opened = false;
  #proven = false;
  #closed = false;
  // What came before the proof, which takes a moment at most.
  #held: EventRecord[] = [];

  constructor(socket: WebSocket, sink: Sink) {
    this.#socket = socket;
    this.#sink = sink;
    socket.onopen = () => {
      this.#opened = true;
      void this.#prove();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => this.#take(event.data);
    socket.onclose = ({ code, reason }) => {
      const failure: Failure = { message: `The WebSocket was closed: ${code} ${reason}`, refused: !this.#opened };
      const retry = CLOSE_RETRY[code];
      this.#fail(retry ? { ...failure, retry } : failure);
    };
  }

  close(): void {
    this.#closed = true;
    this.#viewing.end();
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    for (const id of [...this.#waiting.keys()]) {
      this.#settle(id)?.reject(new ApiError(0, 'unreachable', 'The connection was lost before the answer came.'));
    }
  }

  look(view: View): void {
    this.#viewing.look(view);
  }

  ask<Result>(command: FrameCommand, as?: string): Promise<Result> {
    const id = String(++this.#lastId);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle(id)?.reject(new ApiError(0, 'unreachable', 'No answer came in time.'));
      }, ANSWER_MS);
      this.#waiting.set(id, { resolve: (result) => resolve(result as Result), reject, timer });
      this.#socket.send(JSON.stringify({ id, ...(as === undefined ? {} : { as }), ...command } satisfies CommandFrame));
    });
  }

  async #prove(): Promise<void> {
    try {
      const { data } = await this.ask<Pong>({ command: 'ping', data: PROOF });
      if (data !== PROOF) throw new Error('The echo is not what was sent.');
    } catch (error) {
      this.#fail({ message: String(error), refused: true });
      return;
    }
    this.#proven = true;
    this.#viewing.begin();
    this.#deliver(this.#held.splice(0));
  }

  #take(data: unknown): void {
    let message: EventRecord | AnswerFrame<unknown>;
    try {
      message = JSON.parse(String(data)) as typeof message;
    } catch {
      this.#fail({ message: 'A message was not JSON.' });
      return;
    }
    this.#sink.heard();
    if (message.type === 'reply') this.#settle(message.id)?.resolve(message.result);
    else if (message.type === 'problem') this.#settle(message.id)?.reject(ApiError.of(message.problem));
    else if (this.#proven) this.#deliver([message]);
    else this.#held.push(message);
  }

  #deliver(records: EventRecord[]): void {
    if (records.length > 0) this.#sink.deliver(records, placeAfter(records));
  }

  #settle(id: string | null): Waiting | undefined {
    const waiting = this.#waiting.get(id ?? '');
    this.#waiting.delete(id ?? '');
    clearTimeout(waiting?.timer);
    return waiting;
  }

  #fail(failure: Failure): void {
    if (this.#closed) return;
    this.close();
    this.#sink.closed(failure);
  }
}

/** With whatever opens a socket to a path of this server. */
export const websocketBy = (dial: (path: string, subprotocol: string) => WebSocket): Transport => ({
  name: 'websocket',
  streams: true,
  open: (accounts, after, sink) => new OpenedSocket(dial(eventsPath(accounts, after), SUBPROTOCOL), sink),
});

export const websocket = websocketBy((path, subprotocol) => {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(url, subprotocol);
});
