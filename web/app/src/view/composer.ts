import type { Barrier } from '../barrier.ts';
import { begunAt, matching, moved, naming, trimmed, withNamed, type Begun, type Candidate } from '../mentions.ts';
import type { Said } from '../outbox.ts';
import { local, storageKey } from '../storage.ts';
import { TypingNotice } from '../typing-notice.ts';
import type { Entity } from '../wire.ts';
import { dayText, timeText } from './dates.ts';
import { element, icon, setText } from './dom.ts';
import { MENTION_LIST_ID, MentionList } from './mention-list.ts';
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
  submit(said: Said): void;
  /** Gives a message another text; whether that was done. */
  save(seq: number, said: Said): Promise<boolean>;
  /** Begins to edit one's last message, if there is one. */
  editLast(): void;
  /** What a message that is answered says, and by whom. */
  answered(seq: number): { name: string; line: string };
  candidates(): readonly Candidate[];
  /** The draft is another one; it is kept here already. */
  drafted(text: string): void;
  /** One types, or does so no more. */
  typing(on: boolean): void;
  /** Why nothing can be written now. */
  barrier(): Barrier | undefined;
  unblock(): void;
  /** Tells whoever cannot see it. */
  announce(sentence: string): void;
}

/** What is in the field, and what it is about. */
interface Draft {
  text: string;
  entities: readonly Entity[];
  replyTo: number | undefined;
}

/** A message that is to have another text, and the draft that comes back afterwards. */
interface Editing extends Pick<Draft, 'text' | 'entities'> {
  seq: number;
  kept: Draft;
}

const NOTHING: Draft = { text: '', entities: [], replyTo: undefined };

/** What one writes: a message, an answer, or another text of a message that is there. */
export class Composer {
  readonly element: HTMLFormElement;
  readonly #field: HTMLTextAreaElement;
  readonly #send: HTMLButtonElement;
  readonly #limit = element('p', { class: 'limit', hidden: true });
  readonly #options: ComposerOptions;
  readonly #reason = element('span', { id: 'barrier' });
  readonly #unblock = element('button', { type: 'button', class: 'small' }, 'Unblock');
  readonly #barrierLine = element('p', { class: 'barrier', 'data-testid': 'barrier', hidden: true }, this.#reason, this.#unblock);
  readonly #about = element('span', { id: 'about-draft', dir: 'auto' });
  readonly #leave = element('button', { type: 'button', class: 'icon-button' }, icon('close'));
  readonly #aboutLine = element('div', { class: 'about-draft', 'data-testid': 'about-draft', hidden: true }, this.#about, this.#leave);
  readonly #mentions = new MentionList((candidate) => this.#name(candidate));
  readonly #notice: TypingNotice;
  #draftKeys: { text: string; about: string } | undefined;
  #entities: readonly Entity[] = [];
  #replyTo: number | undefined;
  /** The text before the last change. */
  #before = '';
  #begun: Begun | undefined;
  /** The `@` at which nobody is to be offered any more. */
  #dismissed: number | undefined;
  #editing: Editing | undefined;
  #saving = false;
  #barrier: Barrier | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ComposerOptions) {
    this.#options = options;
    this.#notice = new TypingNotice((on) => options.typing(on));
    this.#field = element('textarea', {
      'data-testid': 'composer',
      'aria-label': 'Message',
      'aria-autocomplete': 'list',
      placeholder: 'Write a message',
      rows: '1',
      dir: 'auto',
      autocomplete: 'off',
      'aria-describedby': 'barrier about-draft',
      disabled: true,
    });
    this.#send = element(
      'button',
      { type: 'submit', class: 'send', 'data-testid': 'send', 'aria-label': 'Send', title: 'Send', disabled: true },
      icon('send'),
    );
    this.element = element(
      'form',
      { class: 'composer' },
      this.#mentions.element,
      this.#barrierLine,
      this.#aboutLine,
      this.#limit,
      this.#field,
      this.#send,
    );
    this.element.onsubmit = (event) => {
      event.preventDefault();
      this.#trySubmit();
    };
    this.#unblock.onclick = () => options.unblock();
    this.#leave.onclick = () => this.#leaveAbout();
    this.#field.oninput = () => this.#typed();
    this.#field.onkeydown = (event) => this.#keyDown(event);
    // The caret may have gone elsewhere.
    this.#field.onkeyup = this.#field.onclick = () => this.#offer();
    this.#field.onblur = () => {
      this.#hideMentions();
      this.#notice.stopped();
    };
    // Clicking the button must not take the focus, or a screen keyboard would close after every message.
    this.#send.onpointerdown = (event) => event.preventDefault();
  }

  /** Takes up the draft that an account has in a conversation. */
  open(account: string, conversation: string): void {
    this.#draftKeys = { text: storageKey.draft(account, conversation), about: storageKey.draftAbout(account, conversation) };
    this.#field.disabled = false;
    this.#put(readDraft(this.#draftKeys));
    this.focus();
  }

  /** The message whose text is being changed. */
  get editing(): number | undefined {
    return this.#editing?.seq;
  }

  /** What is written answers a message from now on. */
  reply(seq: number): void {
    this.stopEditing();
    this.#replyTo = seq;
    this.#changed();
    this.#field.focus();
  }

  /** Adds what was begun elsewhere; what was begun here stays. */
  take(text: string): void {
    this.stopEditing();
    const before = this.#field.value;
    this.#put({ text: before.trim() === '' ? text : `${before}\n${text}`, entities: this.#entities, replyTo: this.#replyTo });
    this.#field.focus();
    this.#field.setSelectionRange(this.#field.value.length, this.#field.value.length);
  }

  /** What was begun here is written elsewhere from now on. */
  drop(): void {
    if (this.#editing) this.#editing.kept = NOTHING;
    else this.#put(NOTHING);
  }

  /** Puts the text of a message in place of the draft, which comes back afterwards. */
  edit(seq: number, text: string, entities: readonly Entity[]): void {
    const kept = this.#editing?.kept ?? { text: this.#field.value, entities: this.#entities, replyTo: this.#replyTo };
    this.#notice.stopped();
    this.#editing = { seq, text, entities, kept };
    this.#put({ text, entities, replyTo: undefined });
    this.#field.focus();
    this.#field.setSelectionRange(text.length, text.length);
    this.#options.announce('Editing your message. Escape leaves it as it was.');
  }

  /** Back to the draft, without a change. */
  stopEditing(): void {
    const editing = this.#editing;
    if (!editing) return;
    this.#editing = undefined;
    this.#saving = false;
    this.#put(editing.kept);
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
    this.#drawAbout();
    if (this.#begun) this.#offer();
    if (barrier?.kind === before?.kind) return;
    this.#changed();
    this.#options.announce(barrier === undefined ? 'You can write again' : barrierText(barrier));
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#notice.stopped();
  }

  /** Fits the field to its text; browsers without `field-sizing` do not do that by themselves. */
  fit(): void {
    this.#field.style.height = 'auto';
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }

  get #text(): string {
    return trimmed(this.#field.value, []).text;
  }

  /** Nobody waits for the slow mode to edit. */
  get #barred(): boolean {
    return this.#barrier !== undefined && !(this.#editing && this.#barrier.kind === 'slow');
  }

  #keyDown(event: KeyboardEvent): void {
    // Safari ends a composition before this event; only the key code 229 still tells that Enter belonged to it.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.#mentions.open && this.#chooseBy(event)) {
      event.preventDefault();
      // Nobody leaves what is being edited by leaving the list.
      event.stopPropagation();
      return;
    }
    const plain = !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (event.key === 'Escape' && !this.#aboutLine.hidden) {
      event.preventDefault();
      this.#leaveAbout();
    } else if (event.key === 'ArrowUp' && plain && this.#field.value === '' && !this.#editing) {
      event.preventDefault();
      this.#options.editLast();
    } else if (event.key === 'Enter' && !event.shiftKey && !touchOnly.matches) {
      // On a screen keyboard Enter breaks the line, and the button sends.
      event.preventDefault();
      this.#trySubmit();
    }
  }

  /** Whether the key was for the list of those who can be named. */
  #chooseBy({ key, shiftKey, ctrlKey, altKey, metaKey }: KeyboardEvent): boolean {
    if (shiftKey || ctrlKey || altKey || metaKey) return false;
    switch (key) {
      case 'ArrowUp':
      case 'ArrowDown':
        this.#mentions.move(key === 'ArrowUp' ? -1 : 1);
        this.#drawMentions();
        return true;
      case 'Enter':
      case 'Tab':
        this.#mentions.choose();
        return true;
      case 'Escape':
        this.#dismissed = this.#begun?.at;
        this.#hideMentions();
        return true;
      default:
        return false;
    }
  }

  #trySubmit(): void {
    const { text, entities } = trimmed(this.#field.value, this.#entities);
    if (text.trim() === '' || this.#excess(text) > 0 || this.#saving) return;
    this.#barrier = this.#options.barrier();
    if (this.#barred) return;
    if (this.#editing) {
      void this.#save(this.#editing, { text, entities });
      return;
    }
    const replyTo = this.#replyTo;
    this.#notice.sent();
    this.#put(NOTHING);
    this.#field.focus();
    this.#options.submit(replyTo === undefined ? { text, entities } : { text, entities, replyTo });
  }

  async #save(editing: Editing, said: Said): Promise<void> {
    if (said.text !== editing.text || JSON.stringify(said.entities) !== JSON.stringify(editing.entities)) {
      this.#saving = true;
      this.#changed();
      const done = await this.#options.save(editing.seq, said);
      // It was left in the meantime.
      if (this.#editing !== editing) return;
      this.#saving = false;
      this.#changed();
      if (!done) return;
    }
    this.stopEditing();
  }

  /** Leaves what is edited, or what is answered. */
  #leaveAbout(): void {
    if (this.#editing) {
      this.stopEditing();
    } else {
      this.#replyTo = undefined;
      this.#changed();
    }
    this.#field.focus();
  }

  #put({ text, entities, replyTo }: Draft): void {
    this.#field.value = text;
    this.#before = this.#field.value;
    this.#entities = entities;
    this.#replyTo = replyTo;
    this.#hideMentions();
    this.#changed();
  }

  #typed(): void {
    const { value, selectionStart } = this.#field;
    this.#entities = moved(this.#entities, this.#before, value, selectionStart);
    this.#before = value;
    this.#changed();
    this.#offer();
    if (this.#editing || this.#barred) return;
    if (value.trim() === '') this.#notice.stopped();
    else this.#notice.typed();
  }

  /** Offers those whose name is being written. */
  #offer(): void {
    const { value, selectionStart, selectionEnd, readOnly } = this.#field;
    const begun = readOnly || selectionStart !== selectionEnd || document.activeElement !== this.#field
      ? undefined
      : begunAt(value, selectionStart, this.#entities);
    this.#begun = begun;
    if (begun?.at !== this.#dismissed) this.#dismissed = undefined;
    if (!begun || this.#dismissed !== undefined) {
      this.#mentions.hide();
    } else {
      const before = this.#mentions.open;
      const open = this.#mentions.show(matching(this.#options.candidates(), begun.typed));
      if (open && !before) this.#options.announce('People to mention: the arrow keys choose, Enter takes one.');
    }
    this.#drawMentions();
  }

  #hideMentions(): void {
    this.#begun = undefined;
    this.#mentions.hide();
    this.#drawMentions();
  }

  #drawMentions(): void {
    const { open, activeId } = this.#mentions;
    for (const [name, value] of [['aria-controls', MENTION_LIST_ID], ['aria-activedescendant', activeId]] as const) {
      if (open) this.#field.setAttribute(name, value);
      else this.#field.removeAttribute(name);
    }
  }

  /** Puts somebody's name in place of what was begun of it. */
  #name(candidate: Candidate): void {
    const begun = this.#begun;
    if (!begun) return;
    const field = this.#field;
    const name = `@${candidate.name}`;
    const caret = field.selectionStart;
    const spaced = field.value.startsWith(' ', caret) ? name : `${name} `;
    field.setSelectionRange(begun.at, caret);
    // The only way that can be undone by whoever writes, and it says that the field has changed.
    if (!document.execCommand('insertText', false, spaced)) {
      field.setRangeText(spaced, begun.at, caret, 'end');
      this.#typed();
    }
    const end = begun.at + name.length;
    if (field.value.slice(begun.at, end) === name) this.#entities = withNamed(this.#entities, naming(candidate, begun.at, name.length));
    this.#hideMentions();
    this.#changed();
  }

  #changed(): void {
    this.fit();
    const text = this.#text;
    if (this.#draftKeys && !this.#editing) {
      writeDraft(this.#draftKeys, { text: this.#field.value, entities: this.#entities, replyTo: this.#replyTo });
      this.#options.drafted(this.#field.value);
    }
    const excess = this.#excess(text);
    this.#send.disabled = text.trim() === '' || excess > 0 || this.#barred || this.#saving;
    const send = this.#editing ? 'Save' : 'Send';
    if (this.#send.title !== send) {
      this.#send.title = send;
      this.#send.setAttribute('aria-label', send);
    }
    this.#limit.hidden = excess < -this.#options.maxBytes() * (1 - NEARLY_FULL);
    setText(this.#limit, excess > 0 ? `Too long by ${excess} bytes` : `${-excess} bytes left`);
    this.#drawAbout();
  }

  /** What is edited or answered, and the way out of it. */
  #drawAbout(): void {
    const editing = this.#editing !== undefined;
    this.#aboutLine.hidden = !editing && this.#replyTo === undefined;
    if (this.#aboutLine.hidden) {
      setText(this.#about, '');
      return;
    }
    const answered = !editing && this.#replyTo !== undefined ? this.#options.answered(this.#replyTo) : undefined;
    const look = JSON.stringify([editing, answered]);
    if (this.#aboutLine.dataset['look'] === look && this.#about.hasChildNodes()) return;
    this.#aboutLine.dataset['look'] = look;
    const label = editing ? 'Stop editing' : 'Do not answer it';
    this.#leave.title = label;
    this.#leave.setAttribute('aria-label', label);
    this.#about.replaceChildren(
      element('strong', {}, answered ? `Answering ${answered.name}` : 'Editing'),
      ...(answered ? [` ${answered.line}`] : []),
    );
  }

  /** How many bytes the text is over the limit; below zero while there is room. */
  #excess(text: string): number {
    return encoder.encode(text).length - this.#options.maxBytes();
  }
}

function readDraft(keys: { text: string; about: string }): Draft {
  const text = local.get(keys.text) ?? '';
  try {
    const { entities, replyTo } = JSON.parse(local.get(keys.about) ?? '{}') as Partial<Draft>;
    // Another tab may have written another text.
    const fitting = (entities ?? []).filter(({ offset, length }) => text[offset] === '@' && offset + length <= text.length);
    return { text, entities: fitting, replyTo };
  } catch {
    return { ...NOTHING, text };
  }
}

function writeDraft(keys: { text: string; about: string }, { text, entities, replyTo }: Draft): void {
  if (text === '') local.remove(keys.text);
  else local.set(keys.text, text);
  if (entities.length === 0 && replyTo === undefined) local.remove(keys.about);
  else local.set(keys.about, JSON.stringify({ entities, replyTo }));
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
