import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ask } from '../src/reading/transport.ts';
import { ApiError } from '../src/request.ts';
import { send } from '../src/sending.ts';
import type { SendAnswer, SendBody } from '../src/wire.ts';

const message: SendBody = { client_id: 'i', text: 'hi' };
const answer = (seq: number): SendAnswer => ({ seq, cursor: 'c', sent_at: '' });

function rest() {
  const requests: unknown[] = [];
  const request = (conversation: string, body: SendBody): Promise<SendAnswer> => {
    requests.push({ conversation, ...body });
    return Promise.resolve(answer(2));
  };
  return { requests, request };
}

test('over the connection while it takes commands', async () => {
  const { requests, request } = rest();
  const ask = ((command: unknown) => {
    assert.deepEqual(command, { command: 'send_message', conversation: 'r', ...message });
    return Promise.resolve(answer(1));
  }) as Ask;
  assert.equal((await send(ask, 'r', message, request)).seq, 1);
  assert.deepEqual(requests, []);
});

test('by a request without one, or where the frame got no answer, under the same client_id', async () => {
  const { requests, request } = rest();
  assert.equal((await send(undefined, 'r', message, request)).seq, 2);
  const lost: Ask = () => Promise.reject(new ApiError(0, 'unreachable', 'Lost.'));
  assert.equal((await send(lost, 'r', message, request)).seq, 2);
  assert.deepEqual(requests, [{ conversation: 'r', ...message }, { conversation: 'r', ...message }]);
});

test('a refusal is an answer', async () => {
  const { requests, request } = rest();
  const refused: Ask = () => Promise.reject(new ApiError(400, 'invalid_text', 'No.'));
  await assert.rejects(send(refused, 'r', message, request), /No\./);
  assert.deepEqual(requests, []);
});
