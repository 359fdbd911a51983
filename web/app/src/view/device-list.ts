import type { Api } from '../api.ts';
import type { DeviceEntry } from '../wire.ts';
import { problemText } from './attempt.ts';
import { dayText, timeText } from './dates.ts';
import { element, setText } from './dom.ts';

/** The account's devices, each with a way to sign it out. */
export class DeviceList {
  readonly element = element('div', { class: 'devices', 'data-testid': 'devices' });
  readonly #api: Api;
  readonly #list = element('ul', { 'aria-label': 'Signed-in devices' });
  readonly #others = element('button', { type: 'button', class: 'small danger', hidden: true }, 'Sign out all others');
  readonly #problem = element('p', { class: 'problem', role: 'alert' });

  constructor(api: Api) {
    this.#api = api;
    this.element.append(this.#list, this.#problem, this.#others);
    this.#others.onclick = () => void this.#change(api.removeOtherDevices);
  }

  /** Reads the list anew. */
  async load(): Promise<void> {
    await this.#attempt(async () => {
      const { devices } = await this.#api.getDevices();
      this.#list.replaceChildren(...devices.toReversed().map((device) => this.#item(device)));
      this.#others.hidden = devices.length < 2;
    });
  }

  #item(device: DeviceEntry): HTMLElement {
    const name = device.name ?? 'A device';
    const seen = new Date(device.last_seen_at);
    const remove = element('button', { type: 'button', class: 'small', 'aria-label': `Sign out ${name}` }, 'Sign out');
    remove.onclick = () => void this.#change(() => this.#api.removeDevice(device.id));
    return element(
      'li',
      {},
      element(
        'div',
        {},
        element('strong', { dir: 'auto' }, name),
        element('small', {}, device.current ? 'This device' : `Last seen ${dayText(seen)}, ${timeText(seen)}`),
      ),
      device.current ? undefined : remove,
    );
  }

  async #change(request: () => Promise<void>): Promise<void> {
    await this.#attempt(request);
    await this.load();
  }

  async #attempt(request: () => Promise<void>): Promise<void> {
    try {
      await request();
      setText(this.#problem, '');
    } catch (error) {
      setText(this.#problem, problemText(error));
    }
  }
}
