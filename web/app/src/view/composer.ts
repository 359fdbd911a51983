import type { Barrier } from '../barrier.ts';
import { local, storageKey } from '../storage.ts';
import { dayText, timeText } from './dates.ts';
import { element, icon, setText } from './dom.ts';
import { touchOnly } from './touch.ts';

// From here on the remaining length is worth a line of its own.
const NEARLY_FULL = 0.9;
const TICK_MS = 1_000;
// A wait that is longer is told by its end.
const COUNTDOWN_MS = 10 * 60_000;
const encoder = new TextEncoder();

export interface ComposerOptions {
  /** Bytes of UTF-8 in a message. */
  maxBytes(): number;
  submit(text: string): void;
  /** Why nothing can be written now. */
  barrier(): Barrier | undefined;
  unblock(): void;
  /** Tells whoever cannot see it. */
  announce(sentence: string): void;
}

export class Composer {
  readonly element: HTMLFormElement;
  readonly #field: HTMLTextAreaElement;
  readonly #send: HTMLButtonElement;
  readonly #limit = element('p', { class: 'limit', hidden: true });
  readonly #options: ComposerOptions;
  readonly #reason = element('span', { id: 'barrier' });
  readonly #unblock = element('button', { type: 'button', class: 'small' }, 'Unblock');
  readonly #barrierLine = element('p', { class: 'barrier', 'data-testid': 'barrier', hidden: true }, this.#reason, this.#unblock);
  #draftKey: string | undefined;
  #barrier: Barrier | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ComposerOptions) {
    this.#options = options;
    this.#field = element('textarea', {
      'data-testid': 'composer',
      'aria-label': 'Message',
      placeholder: 'Write a message',
      rows: '1',
      dir: 'auto',
      autocomplete: 'off',
      'aria-describedby': 'barrier',
      disabled: true,
    });
    this.#send = element(
      'button',
      { type: 'submit', class: 'send', 'data-testid': 'send', 'aria-label': 'Send', title: 'Send', disabled: true },
      icon('send'),
    );
    this.element = element('form', { class: 'composer' }, this.#barrierLine, this.#limit, this.#field, this.#send);
    this.element.onsubmit = (event) => {
      event.preventDefault();
      this.#trySubmit();
    };
    this.#unblock.onclick = () => options.unblock();
    this.#field.oninput = () => this.#changed();
    this.#field.onkeydown = (event) => this.#keyDown(event);
    // Clicking the button must not take the focus, or a screen keyboard would close after every message.
    this.#send.onpointerdown = (event) => event.preventDefault();
  }

  /** Takes up the draft that an account has in a conversation. */
  open(account: string, conversation: string): void {
    this.#draftKey = storageKey.draft(account, conversation);
    this.#field.disabled = false;
    this.#field.value = local.get(this.#draftKey) ?? '';
    this.#changed();
    this.focus();
  }

  /** Where there is no screen keyboard that would come up with it. */
  focus(): void {
    if (!touchOnly.matches && !document.querySelector('dialog:modal')) this.#field.focus();
  }

  /** Says what one writes to. */
  name(placeholder: string): void {
    this.#field.placeholder = placeholder;
  }

  /** Shows whether one can write now, and why not; while that depends on the time, once a second. */
  draw(): void {
    clearTimeout(this.#timer);
    const before = this.#barrier;
    const barrier = this.#options.barrier();
    this.#barrier = barrier;
    if (barrier?.kind === 'muted' || barrier?.kind === 'slow') this.#timer = setTimeout(() => this.draw(), TICK_MS);
    this.#barrierLine.hidden = barrier === undefined;
    setText(this.#reason, barrier === undefined ? '' : barrierText(barrier));
    this.#unblock.hidden = barrier?.kind !== 'blocked';
    // What lasts some seconds keeps nobody from writing on what is sent afterwards.
    this.#field.readOnly = barrier !== undefined && barrier.kind !== 'slow';
    if (barrier?.kind === before?.kind) return;
    this.#changed();
    this.#options.announce(barrier === undefined ? 'You can write again' : barrierText(barrier));
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  /** Fits the field to its text; browsers without `field-sizing` do not do that by themselves. */
  fit(): void {
    this.#field.style.height = 'auto';
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }

  get #text(): string {
    return this.#field.value.replace(/^\s*\n/u, '').trimEnd();
  }

  #keyDown(event: KeyboardEvent): void {
    // On a screen keyboard Enter breaks the line, and the button sends.
    if (event.key !== 'Enter' || event.shiftKey || touchOnly.matches) return;
    // Safari ends a composition before this event; only the key code 229 still tells that Enter belonged to it.
    if (event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#trySubmit();
  }

  #trySubmit(): void {
    const text = this.#text;
    if (text.trim() === '' || this.#excess(text) > 0 || this.#options.barrier() !== undefined) return;
    this.#field.value = '';
    this.#changed();
    this.#field.focus();
    this.#options.submit(text);
  }

  #changed(): void {
    this.fit();
    const text = this.#text;
    if (this.#draftKey !== undefined) {
      if (this.#field.value === '') local.remove(this.#draftKey);
      else local.set(this.#draftKey, this.#field.value);
    }
    const excess = this.#excess(text);
    this.#send.disabled = text.trim() === '' || excess > 0 || this.#barrier !== undefined;
    this.#limit.hidden = excess < -this.#options.maxBytes() * (1 - NEARLY_FULL);
    setText(this.#limit, excess > 0 ? `Too long by ${excess} bytes` : `${-excess} bytes left`);
  }

  /** How many bytes the text is over the limit; below zero while there is room. */
  #excess(text: string): number {
    return encoder.encode(text).length - this.#options.maxBytes();
  }
}

function barrierText(barrier: Barrier): string {
  switch (barrier.kind) {
    case 'blocked':
      return 'You block this account, and cannot write to it.';
    case 'read-only':
      return 'You can read here, but not write.';
    case 'locked':
      return 'Locked: only moderators, admins and the owner can write now.';
    case 'muted':
      return `You are muted: you can write again ${whenText(barrier.until)}.`;
    case 'slow':
      return `Slow mode: you can write again ${whenText(barrier.until)}.`;
  }
}

function whenText(until: number, now = Date.now()): string {
  const left = until - now;
  if (left <= COUNTDOWN_MS) return `in ${Math.max(1, Math.ceil(left / 1_000))} s`;
  const end = new Date(until);
  return `from ${dayText(end)}, ${timeText(end)} on`;
}
