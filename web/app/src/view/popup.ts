import { element } from './dom.ts';

const GAP_PX = 6;

// On a narrow screen it lies at the lower end, where the thumbs are; the style sheet says the same.
const narrow = matchMedia('(width < 700px)');

let close = (): void => {};

/** What is open is of no use any more. */
export const closePopup = (): void => close();

/**
 * Shows something small beside a button, until something else is pressed, or Escape or Tab. One at a time. `left` is told when the
 * keyboard has closed it, so that the focus can go back.
 */
export function openPopup(anchor: HTMLElement, content: HTMLElement, left: () => void): void {
  close();
  const backdrop = element('div', { class: 'popup-backdrop' });
  const listening = new AbortController();
  const { signal } = listening;
  content.classList.add('popup');
  // In the part of the page that it belongs to.
  (anchor.closest('main') ?? document.body).append(backdrop, content);
  anchor.setAttribute('aria-expanded', 'true');
  close = () => {
    close = () => {};
    listening.abort();
    anchor.setAttribute('aria-expanded', 'false');
    backdrop.remove();
    content.remove();
  };
  const outside = ({ target }: Event): void => {
    if (!(target instanceof Node) || !content.contains(target)) close();
  };
  document.addEventListener('pointerdown', outside, { capture: true, signal });
  // A screen keyboard goes when the focus comes here.
  addEventListener('resize', () => arrange(content, anchor), { signal });
  content.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' && event.key !== 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
    close();
    left();
  });
  arrange(content, anchor);
}

function arrange(content: HTMLElement, anchor: HTMLElement): void {
  content.style.removeProperty('top');
  content.style.removeProperty('left');
  if (narrow.matches) return;
  const around = anchor.getBoundingClientRect();
  const { width, height } = content.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const below = around.bottom + GAP_PX + height <= clientHeight;
  const top = below ? around.bottom + GAP_PX : around.top - GAP_PX - height;
  const start = around.left + width <= clientWidth ? around.left : around.right - width;
  content.style.top = `${Math.max(GAP_PX, top)}px`;
  content.style.left = `${Math.max(GAP_PX, start)}px`;
}
