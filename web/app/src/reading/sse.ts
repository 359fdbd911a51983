import type { Record as EventRecord } from '../wire.ts';
import { eventsPath, placeAfter, type Transport } from './transport.ts';

export const sse: Transport = {
  name: 'sse',
  streams: true,
  open(accounts, after, sink) {
    const source = new EventSource(eventsPath(accounts, after));
    const fail = (message: string): void => {
      source.close();
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
      const place = placeAfter([record]);
      if (place !== undefined) sink.deliver([record], place);
    };
    // EventSource would come back by itself, without our jitter and for ever: one place decides about that.
    source.onerror = () => fail('The event stream broke.');
    return { close: () => source.close() };
  },
};
