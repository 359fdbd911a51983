import { openPolling } from './polling.ts';
import type { Transport } from './transport.ts';

export const poll: Transport = {
  name: 'poll',
  streams: false,
  open: (accounts, after, sink) => openPolling(accounts, after, 0, sink),
};
