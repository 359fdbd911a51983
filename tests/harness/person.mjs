// Somebody who talks to the server as a program does: to prepare what a test is about.
import { randomUUID } from 'node:crypto';
import { fetch } from 'undici';

export class Person {
  #url;
  token;
  account;

  static async arrive(url, name) {
    const person = new Person();
    person.#url = url;
    const guest = await person.#ask('POST', '/v1/guests', { name });
    person.token = guest.token;
    person.account = guest.account;
    return person;
  }

  /** Opens a room; the answer is the conversation's id and the cursor to read on from. */
  async open(slug) {
    const { conversation, cursor } = await this.#ask('PUT', `/v1/rooms/${encodeURIComponent(slug)}`);
    return { id: conversation.id, cursor };
  }

  say(room, text) {
    return this.#ask('POST', `/v1/conversations/${room}/messages`, { client_id: randomUUID(), text });
  }

  delete(room, seq) {
    return this.#ask('DELETE', `/v1/conversations/${room}/messages/${seq}`);
  }

  /** The newest page of a room. */
  history(room) {
    return this.#ask('GET', `/v1/conversations/${room}/messages`);
  }

  signOut() {
    return this.#ask('DELETE', '/v1/session');
  }

  async #ask(method, path, body) {
    const headers = {};
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body) headers['Content-Type'] = 'application/json';
    const answer = await fetch(this.#url + path, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  }
}
