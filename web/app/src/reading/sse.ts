import { setView } from '../api.ts';
import type { Record as EventRecord } from '../wire.ts';
import { eventsPath, placeAfter, type Transport } from './transport.ts';
import { Viewing } from './viewing.ts';

export const sse: Transport = {
  name: 'sse',
  streams: true,
  open(accounts, after, sink) {
    const source = new EventSource(eventsPath(accounts, after));
    let stream: string | undefined;
    const viewing = new Viewing((view) => setView(stream ?? '', view));
    const close = (): void => {
      source.close();
      viewing.end();
    };
    const fail = (message: string): void => {
      close();
      sink.closed({ message });
    };
    source.onmessage = (event: MessageEvent<string>) => {
      let record: EventRecord;
      try {
        record = JSON.parse(event.data) as EventRecord;
      } catch {
        fail('A record was not JSON.');
        return;
      }
      sink.heard();
      if (record.type === 'hello' && record.stream !== undefined) {
        stream = record.stream;
        viewing.begin();
      }
      sink.deliver([record], placeAfter([record]));
    };
    // EventSource would come back by itself, without our jitter and for ever: one place decides about that.
    source.onerror = () => fail('The event stream broke.');
    return { close, look: (view) => viewing.look(view) };
  },
};
