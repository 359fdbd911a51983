import { element, icon } from './dom.ts';

/** A dialog with a heading and a way out; it is removed when it closes. */
export function modal(title: string, testId: string, ...children: (Node | undefined)[]): HTMLDialogElement {
  const close = element('button', { type: 'button', class: 'icon-button', 'aria-label': 'Close', title: 'Close' }, icon('close'));
  const id = `${testId}-title`;
  const dialog = element(
    'dialog',
    { class: 'modal', 'data-testid': testId, 'aria-labelledby': id },
    element('header', {}, element('h2', { id }, title), close),
    ...children,
  );
  close.onclick = () => dialog.close();
  dialog.addEventListener('close', () => dialog.remove());
  return dialog;
}
