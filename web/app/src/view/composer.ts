import { local, storageKey } from '../storage.ts';
import { element, icon, setText } from './dom.ts';

// From here on the remaining length is worth a line of its own.
const NEARLY_FULL = 0.9;
const encoder = new TextEncoder();

// With a screen keyboard there is no Shift+Enter: Enter breaks the line, and the button sends.
const touchOnly = matchMedia('(hover: none) and (pointer: coarse)');

export class Composer {
  readonly element: HTMLFormElement;
  readonly #field: HTMLTextAreaElement;
  readonly #send: HTMLButtonElement;
  readonly #limit = element('p', { class: 'limit', hidden: true });
  readonly #maxBytes: () => number;
  readonly #submit: (text: string) => void;
  #draftKey: string | undefined;

  constructor(maxBytes: () => number, submit: (text: string) => void) {
    this.#maxBytes = maxBytes;
    this.#submit = submit;
    this.#field = element('textarea', {
      'data-testid': 'composer',
      'aria-label': 'Message',
      placeholder: 'Write a message',
      rows: '1',
      dir: 'auto',
      autocomplete: 'off',
      disabled: true,
    });
    this.#send = element(
      'button',
      { type: 'submit', class: 'send', 'data-testid': 'send', 'aria-label': 'Send', title: 'Send', disabled: true },
      icon('send'),
    );
    this.element = element('form', { class: 'composer' }, this.#limit, this.#field, this.#send);
    this.element.onsubmit = (event) => {
      event.preventDefault();
      this.#trySubmit();
    };
    this.#field.oninput = () => this.#changed();
    this.#field.onkeydown = (event) => this.#keyDown(event);
    // Clicking the button must not take the focus, or a screen keyboard would close after every message.
    this.#send.onpointerdown = (event) => event.preventDefault();
  }

  /** Takes up the draft of a conversation. */
  open(conversation: string): void {
    this.#draftKey = storageKey.draft(conversation);
    this.#field.disabled = false;
    this.#field.value = local.get(this.#draftKey) ?? '';
    this.#changed();
    if (!touchOnly.matches) this.#field.focus();
  }

  /** Says what one writes to. */
  name(placeholder: string): void {
    this.#field.placeholder = placeholder;
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
    if (event.key !== 'Enter' || event.shiftKey || touchOnly.matches) return;
    // Safari ends a composition before this event; only the key code 229 still tells that Enter belonged to it.
    if (event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#trySubmit();
  }

  #trySubmit(): void {
    const text = this.#text;
    if (text.trim() === '' || this.#excess(text) > 0) return;
    this.#field.value = '';
    this.#changed();
    this.#field.focus();
    this.#submit(text);
  }

  #changed(): void {
    this.fit();
    const text = this.#text;
    if (this.#draftKey !== undefined) {
      if (this.#field.value === '') local.remove(this.#draftKey);
      else local.set(this.#draftKey, this.#field.value);
    }
    const excess = this.#excess(text);
    this.#send.disabled = text.trim() === '' || excess > 0;
    this.#limit.hidden = excess < -this.#maxBytes() * (1 - NEARLY_FULL);
    setText(this.#limit, excess > 0 ? `Too long by ${excess} bytes` : `${-excess} bytes left`);
  }

  /** How many bytes the text is over the limit; below zero while there is room. */
  #excess(text: string): number {
    return encoder.encode(text).length - this.#maxBytes();
  }
}
