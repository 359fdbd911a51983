import { isTransportName, TRANSPORT_ORDER } from '../reading/ladder.ts';
import type { TransportName } from '../reading/transport.ts';
import { element, setText } from './dom.ts';

export interface DevReport {
  transport: TransportName;
  reason: string;
  forced: boolean;
  phase: string;
  cursor: string;
  queue: number;
  lastError: string;
}

/** What the connection is doing, for those who want to know, and a way to force a transport. */
export class DevMenu {
  readonly element: HTMLElement;
  readonly #select: HTMLSelectElement;
  readonly #values = new Map<string, HTMLElement>();

  constructor(force: (name: TransportName | undefined) => void) {
    this.#select = element(
      'select',
      { 'aria-label': 'Transport to use' },
      ...['auto', ...TRANSPORT_ORDER].map((name) => element('option', { value: name }, name)),
    );
    this.#select.onchange = () => force(isTransportName(this.#select.value) ? this.#select.value : undefined);
    const close = element('button', { type: 'button', class: 'small' }, 'Close');
    close.onclick = () => this.toggle();
    this.element = element(
      'aside',
      { class: 'dev-menu', 'data-testid': 'dev-menu', 'aria-label': 'Developer menu', hidden: true },
      element('header', {}, element('h2', {}, 'Connection'), close),
      element(
        'dl',
        {},
        ...this.#entry('Transport', 'transport'),
        ...this.#entry('Why', 'transport-reason'),
        ...this.#entry('State', 'reader-state'),
        ...this.#entry('Cursor', 'cursor'),
        ...this.#entry('Queue', 'queue-length'),
        ...this.#entry('Last error', 'last-error'),
      ),
      element('label', {}, 'Use ', this.#select),
    );
  }

  toggle(): void {
    this.element.hidden = !this.element.hidden;
  }

  draw(report: DevReport): void {
    const show = (testId: string, text: string): void => {
      const node = this.#values.get(testId);
      if (node) setText(node, text);
    };
    show('transport', report.transport);
    show('transport-reason', report.reason);
    show('reader-state', report.phase);
    show('cursor', report.cursor);
    show('queue-length', String(report.queue));
    show('last-error', report.lastError || 'none');
    // A list that is open under the pointer is not changed.
    if (document.activeElement !== this.#select) this.#select.value = report.forced ? report.transport : 'auto';
  }

  #entry(term: string, testId: string): HTMLElement[] {
    const value = element('dd', { 'data-testid': testId }, '–');
    this.#values.set(testId, value);
    return [element('dt', {}, term), value];
  }
}
