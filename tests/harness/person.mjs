// Somebody who talks to the server as a program does: to prepare what a test is about.
import { randomUUID } from 'node:crypto';
import { fetch } from 'undici';

export class Person {
  #url;
  token;
  account;

  static arrive(url, name) {
    return Person.#enter(url, '/v1/guests', { name });
  }

  /** Somebody who can be found by a user name. */
  static signUp(url, name, username) {
    return Person.#enter(url, '/v1/accounts', { name, username, password: 'a long way home' });
  }

  static async #enter(url, path, body) {
    const person = new Person();
    person.#url = url;
    const answer = await person.#ask('POST', path, body);
    person.token = answer.token;
    person.account = answer.account;
    return person;
  }

  /** Opens a room; the answer is the conversation's id and the cursor to read on from. */
  async open(slug) {
    const { conversation, cursor } = await this.#ask('PUT', `/v1/rooms/${encodeURIComponent(slug)}`);
    return { id: conversation.id, cursor };
  }

  /** Opens the direct chat with whoever has the user name; the answer is the conversation. */
  async openDirect(username) {
    return (await this.#ask('PUT', '/v1/direct', { username })).conversation;
  }

  rename(name) {
    return this.#ask('PATCH', '/v1/account', { name });
  }

  createGroup(title) {
    return this.#ask('POST', '/v1/groups', { client_id: randomUUID(), title });
  }

  addMembers(group, accounts) {
    return this.#ask('POST', `/v1/conversations/${group}/members`, { accounts });
  }

  removeMember(group, account) {
    return this.#ask('DELETE', `/v1/conversations/${group}/members/${account}`);
  }

  setRole(group, account, role) {
    return this.#ask('PUT', `/v1/conversations/${group}/members/${account}/role`, { role });
  }

  ban(group, account) {
    return this.#ask('PUT', `/v1/conversations/${group}/bans/${account}`);
  }

  block(account) {
    return this.#ask('PUT', `/v1/blocks/${account}`);
  }

  mute(group, account, seconds) {
    return this.#ask('PUT', `/v1/conversations/${group}/mutes/${account}`, { seconds });
  }

  liftMute(group, account) {
    return this.#ask('DELETE', `/v1/conversations/${group}/mutes/${account}`);
  }

  change(conversation, settings) {
    return this.#ask('PATCH', `/v1/conversations/${conversation}`, settings);
  }

  createInvite(group, terms) {
    return this.#ask('POST', `/v1/conversations/${group}/invites`, terms);
  }

  /** All that somebody is in. */
  async conversations() {
    return (await this.#ask('GET', '/v1/sync')).conversations;
  }

  /** The roles in a conversation, by name. */
  async roles(conversation) {
    const { members } = await this.#ask('GET', `/v1/conversations/${conversation}/members`);
    return Object.fromEntries(members.map(({ account, role }) => [account.name, role]));
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

  leave(conversation) {
    return this.#ask('DELETE', `/v1/conversations/${conversation}/membership`);
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
