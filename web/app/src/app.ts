import { Accounts, expired, snapshots, type SignedOut } from './accounts.ts';
import type { Chat } from './chat.ts';
import { friendlyName } from './friendly-name.ts';
import { parseMarkup } from './markup.ts';
import { placeOf, type Place } from './place.ts';
import { plainText } from './plain-text.ts';
import { isTransportName } from './reading/ladder.ts';
import type { TransportName } from './reading/transport.ts';
import { ApiError } from './request.ts';
import { session, storageKey } from './storage.ts';
import { addAccountScreen } from './view/add-account-screen.ts';
import { Announcer } from './view/announcer.ts';
import { ConnectionBanner } from './view/connection-banner.ts';
import { ConversationScreen } from './view/conversation-screen.ts';
import { untilMidnightMs } from './view/dates.ts';
import { DevMenu } from './view/dev-menu.ts';
import { element } from './view/dom.ts';
import { inviteScreen } from './view/invite-screen.ts';
import { LandingScreen } from './view/landing-screen.ts';
import { nameScreen, type NameScreenOptions } from './view/name-screen.ts';
import { personScreen } from './view/person-screen.ts';
import { RoomsScreen } from './view/rooms-screen.ts';
import { signInScreen } from './view/sign-in-screen.ts';
import { SignedOutNote } from './view/signed-out-note.ts';
import { showOnTab } from './view/tab-icon.ts';
import type { SyncPage } from './wire.ts';

const WITHOUT_FRAMES_MS = 250;

/** Decides which screen is shown, and draws it whenever something has changed. */
export class App {
  readonly #screen = element('div', { class: 'app' });
  readonly #banner = new ConnectionBanner(() => this.#accounts?.reader.retryNow());
  readonly #devMenu = new DevMenu((name) => this.#force(name));
  readonly #announcer = new Announcer();
  readonly #signedOutNote = new SignedOutNote(() => this.#signedOutRead());
  #accounts: Accounts | undefined;
  #conversation: ConversationScreen | undefined;
  #landing: LandingScreen | undefined;
  #rooms: RoomsScreen | undefined;
  #lastName: string | undefined;
  #starting = false;
  #drawing = false;
  /** Whether something waits in other accounts than the one that is shown. */
  #elsewhere = false;

  start(): void {
    const parameters = new URLSearchParams(location.search);
    const forced = parameters.get('transport');
    if (forced !== null) this.#remember(isTransportName(forced) ? forced : undefined);
    document.body.append(this.#screen, this.#banner.element, this.#signedOutNote.element, this.#devMenu.element, this.#announcer.element);
    if (parameters.has('debug')) this.#devMenu.toggle();
    addEventListener('keydown', (event) => {
      if (!event.ctrlKey || !event.shiftKey || event.code !== 'KeyD') return;
      event.preventDefault();
      this.#devMenu.toggle();
    });
    addEventListener('popstate', (event) => this.#comeBack(event.state));
    document.addEventListener('click', (event) => this.#followLink(event));
    this.#redrawAtMidnight();
    void this.#takeUpSessions();
    this.#route();
  }

  /** Takes up the accounts that this browser is signed in as, if there are any. */
  async #takeUpSessions(): Promise<void> {
    this.#starting = true;
    this.#banner.draw({ phase: 'connecting' }, false);
    try {
      const taken = await snapshots(() => true);
      for (const name of expired(taken)) this.#tellSignedOut(name);
      const [first, ...others] = taken;
      if (first) this.#accounts = this.#read([first, ...others]);
      else this.#banner.draw({ phase: 'stopped' }, false);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#banner.draw({ phase: 'stopped' }, false);
    }
    this.#starting = false;
    this.#route();
  }

  #read(taken: [SyncPage, ...SyncPage[]]): Accounts {
    return new Accounts(taken, this.#forced, {
      changed: () => this.#changed(),
      arrived: (message) => {
        const chat = this.#chat;
        if (message.conversation !== chat?.open?.id || message.sender.id === chat.account.id) return;
        this.#conversation?.countNew();
        if (!message.deleted) this.#announcer.message(`${message.sender.name}: ${plainText(parseMarkup(message.text, message.entities))}`);
      },
      draftTaken: (conversation) => this.#conversation?.dropDraft(conversation),
      noticed: (sentence) => this.#announcer.notice(sentence),
      selected: () => this.#selected(),
      adding: () => this.#showAddAccount(),
      signedOut: (account) => this.#signedOut(account),
    });
  }

  get #chat(): Chat | undefined {
    return this.#accounts?.current;
  }

  /** What the address stands for may be nothing to the account that is shown now. */
  #selected(): void {
    this.#signedOutNote.hide();
    this.#go('/');
    this.#announcer.startAnew(`You are ${this.#chat?.account.name} now`);
    this.#focusMe();
  }

  #signedOut({ name, byOneself, shown }: SignedOut): void {
    if (shown) this.#announcer.startAnew(this.#chat ? `You are ${this.#chat.account.name} now` : '');
    if (byOneself) this.#signedOutNote.hide();
    else this.#tellSignedOut(name);
    if (!shown) {
      this.#changed();
    } else if (this.#chat) {
      this.#goInstead('/');
      this.#focusMe();
    } else {
      this.#accounts = undefined;
      this.#banner.draw({ phase: 'stopped' }, true);
      if (byOneself) this.#lastName = undefined;
      if (byOneself) this.#goInstead('/');
      else this.#route();
    }
  }

  #tellSignedOut(name: string): void {
    this.#signedOutNote.tell(name);
    this.#announcer.notice(`${name} was signed out`);
  }

  /** It is known now who was signed out, and is not for the next person. */
  #signedOutRead(): void {
    this.#announcer.startAnew('');
    this.#focusMe();
  }

  /** Where the focus is when the screen was replaced by another account's. */
  #focusMe(): void {
    this.#draw();
    this.#screen.querySelector<HTMLElement>('.me')?.focus();
  }

  #route(): void {
    this.#leave();
    this.#screen.replaceChildren(...this.#screenOf(placeOf(location)));
    history.replaceState(this.#chat?.account.id, '');
    this.#changed();
  }

  /** To a place, as the account that was there: to open a room is to join it. */
  #comeBack(account: unknown): void {
    const known = !this.#accounts || typeof account !== 'string' || this.#accounts.show(account);
    if (known) this.#route();
    else this.#goInstead('/');
  }

  /** Done with the screen that was shown. */
  #leave(): void {
    for (const dialog of document.querySelectorAll('dialog')) dialog.close();
    this.#conversation?.dispose();
    this.#conversation = undefined;
    this.#landing = undefined;
    this.#rooms?.dispose();
    this.#rooms = undefined;
  }

  #screenOf(place: Place): HTMLElement[] {
    const chat = this.#chat;
    if (place.kind === 'landing') {
      this.#landing = new LandingScreen((path) => this.#go(path), () => this.#showSignIn());
      return [this.#landing.element];
    }
    if (!chat && this.#starting) return [];
    if (!chat && place.kind === 'chat') return [signInScreen(() => void this.#takeUpSessions(), () => this.#go('/'))];
    if (!chat) return [this.#nameScreen(place)];
    if (place.kind === 'rooms') {
      this.#rooms = new RoomsScreen(chat, (path) => this.#go(path));
      return [this.#rooms.element];
    }
    if (place.kind === 'invite') return [inviteScreen(chat, place.token, (path) => this.#goInstead(path))];
    if (place.kind === 'person') return [personScreen(chat, place.username, (path) => this.#goInstead(path))];
    this.#conversation = new ConversationScreen(chat, place, {
      toggleDevMenu: () => this.#devMenu.toggle(),
      redraw: () => this.#changed(),
      announce: (sentence) => this.#announcer.notice(sentence),
      go: (path) => this.#go(path),
    });
    return [this.#conversation.element];
  }

  #nameScreen(place: Place): HTMLElement {
    return nameScreen({
      ...nameScreenWords(place),
      suggestion: this.#lastName ?? friendlyName(),
      started: () => void this.#takeUpSessions(),
      signIn: () => this.#showSignIn(),
    });
  }

  /** In place of the screen that the address stands for, which comes back afterwards. */
  #showSignIn(): void {
    this.#landing = undefined;
    this.#screen.replaceChildren(signInScreen(() => void this.#takeUpSessions(), () => this.#route()));
  }

  /** The same for the ways to be signed in as one more account. */
  #showAddAccount(): void {
    this.#leave();
    this.#screen.replaceChildren(addAccountScreen((account) => this.#add(account), () => this.#backFromAdding()));
  }

  #backFromAdding(): void {
    this.#route();
    this.#focusMe();
  }

  async #add(account: string): Promise<void> {
    await this.#accounts?.add(account);
    // All others were signed out in the meantime.
    if (!this.#accounts) await this.#takeUpSessions();
  }

  #go(path: string): void {
    history.pushState(null, '', path);
    this.#route();
  }

  /** What was here is done with, and is not come back to. */
  #goInstead(path: string): void {
    history.replaceState(null, '', path);
    this.#route();
  }

  /** Links within the page change the screen without losing the stream. */
  #followLink(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || link.target !== '' || link.origin !== location.origin) return;
    event.preventDefault();
    this.#go(link.pathname + link.hash);
  }

  #changed(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    const draw = (): void => {
      if (!this.#drawing) return;
      this.#drawing = false;
      this.#draw();
    };
    // A hidden page gets no animation frames, but its title still counts.
    requestAnimationFrame(draw);
    setTimeout(draw, WITHOUT_FRAMES_MS);
  }

  #draw(): void {
    const accounts = this.#accounts;
    const chat = accounts?.current;
    this.#conversation?.draw();
    accounts?.look();
    if (!accounts || !chat) {
      document.title = 'Chinwag';
      showOnTab(0, 0);
      return;
    }
    this.#lastName = chat.account.name;
    this.#landing?.draw(chat);
    this.#rooms?.draw();
    const { reader, unread } = accounts;
    this.#banner.draw(reader.state, reader.everLive);
    this.#devMenu.draw({ ...reader.report, phase: reader.state.phase, queue: chat.outbox.length });
    const place = chat.open ? `${chat.open.name} · Chinwag` : this.#rooms ? 'Public rooms · Chinwag' : 'Chinwag';
    document.title = unread > 0 ? `(${unread}) ${place}` : place;
    showOnTab(unread, accounts.mentions);
    const elsewhere = unread - chat.unread > 0;
    if (elsewhere && !this.#elsewhere) this.#announcer.notice('New messages in your other accounts');
    this.#elsewhere = elsewhere;
  }

  get #forced(): TransportName | undefined {
    const name = session.get(storageKey.transport);
    return isTransportName(name) ? name : undefined;
  }

  #remember(name: TransportName | undefined): void {
    if (name) session.set(storageKey.transport, name);
    else session.remove(storageKey.transport);
  }

  #force(name: TransportName | undefined): void {
    this.#remember(name);
    this.#accounts?.reader.force(name);
  }

  #redrawAtMidnight(): void {
    setTimeout(() => {
      this.#changed();
      this.#redrawAtMidnight();
    }, untilMidnightMs() + 1_000);
  }
}

/** What one is asked for a name for. */
function nameScreenWords(place: Place): Pick<NameScreenOptions, 'kicker' | 'title' | 'lead' | 'start'> {
  switch (place.kind) {
    case 'room':
      return { kicker: 'You are about to join', title: place.slug, start: 'Start talking' };
    case 'rooms':
      return { kicker: 'You are about to look at', title: 'Public rooms', start: 'Show them' };
    case 'person':
      return {
        kicker: 'You are about to write to',
        title: `@${place.username}`,
        lead: 'They see your name, and your first message comes to them as a request, which they may accept.',
        start: 'Open the chat',
      };
    default:
      return { kicker: 'You are invited to', title: 'A group', start: 'See the invitation' };
  }
}
