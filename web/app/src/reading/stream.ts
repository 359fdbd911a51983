import { setView } from '../api.ts';
import { ApiError } from '../request.ts';
import type { Record as EventRecord } from '../wire.ts';
import { LineSplitter } from './ndjson.ts';
import { eventsPath, placeAfter, type Sink, type Transport } from './transport.ts';
import { Viewing } from './viewing.ts';

const TYPE = 'application/x-ndjson';

async function read(path: string, sink: Sink, named: (stream: string) => void, signal: AbortSignal): Promise<never> {
  const response = await fetch(path, { headers: { Accept: TYPE }, signal });
  if (!response.ok) throw await ApiError.from(response);
  if (response.body === null || !response.headers.get('Content-Type')?.startsWith(TYPE)) {
    throw new ApiError(406, 'wrong_type', 'The answer is not a stream of records.');
  }
  const reader = response.body.getReader();
  const lines = new LineSplitter();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error('The stream ended.');
    if (signal.aborted) throw signal.reason;
    sink.heard();
    const records = lines.push(value).map((line) => JSON.parse(line) as EventRecord);
    for (const record of records) if (record.type === 'hello' && record.stream !== undefined) named(record.stream);
    if (records.length > 0) sink.deliver(records, placeAfter(records));
  }
}

export const stream: Transport = {
  name: 'stream',
  streams: true,
  open(accounts, after, sink) {
    const closer = new AbortController();
    let stream: string | undefined;
    const viewing = new Viewing((view) => setView(stream ?? '', view));
    const close = (): void => {
      closer.abort();
      viewing.end();
    };
    const named = (name: string): void => {
      stream = name;
      viewing.begin();
    };
    read(eventsPath(accounts, after), sink, named, closer.signal).catch((error: unknown) => {
      if (closer.signal.aborted) return;
      close();
      sink.closed(error instanceof Error ? error : { message: String(error) });
    });
    return { close, look: (view) => viewing.look(view) };
  },
};
