import { openPolling } from './polling.ts';
import type { Transport } from './transport.ts';

// Below the 30 s after which many proxies give up on a quiet answer.
const WAIT_SECONDS = 25;

export const longpoll: Transport = {
  name: 'longpoll',
  streams: false,
  open: (accounts, after, sink) => openPolling(accounts, after, WAIT_SECONDS, sink),
};
