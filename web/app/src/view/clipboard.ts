import { element } from './dom.ts';

/** The clipboard API is missing on plain-HTTP addresses; the old command works on a selection. */
export async function copy(value: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(value);
    return;
  }
  // Where the rest of the page is out of reach, what is selected must be in reach.
  const place = document.querySelector('dialog:modal') ?? document.body;
  const { activeElement } = document;
  const area = element('textarea', { class: 'visually-hidden', readonly: true });
  area.value = value;
  place.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
  if (activeElement instanceof HTMLElement) activeElement.focus();
}
