import type { Ask } from './reading/transport.ts';
import { ApiError } from './request.ts';
import type { SendAnswer, SendBody } from './wire.ts';

/**
 * Sends over the open connection if it takes commands, else, and where that gave no answer, by a request of its own. The
 * `client_id` is the same both times, so nothing is stored twice.
 */
export async function send(
  ask: Ask | undefined,
  conversation: string,
  message: SendBody,
  request: (conversation: string, message: SendBody) => Promise<SendAnswer>,
): Promise<SendAnswer> {
  try {
    if (ask) return await ask<SendAnswer>({ command: 'send_message', conversation, ...message });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 0) throw error;
  }
  return request(conversation, message);
}
