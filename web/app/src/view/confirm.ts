import { attempt } from './attempt.ts';
import { element } from './dom.ts';

export interface ConfirmOptions {
  question: string;
  /** What follows from it, if the question does not say. */
  explanation?: string;
  keep: string;
  submit: string;
  action(): Promise<unknown>;
}

let dialogs = 0;

/** Asks before something is done that cannot be undone; the safe answer has the focus. Ends when the dialog is closed. */
export function confirm({ question, explanation, keep, submit, action }: ConfirmOptions): Promise<void> {
  const id = `confirm-${dialogs++}`;
  const problem = element('p', { class: 'problem', role: 'alert' });
  const cancel = element('button', { type: 'button', autofocus: true }, keep);
  const button = element('button', { type: 'button', class: 'danger' }, submit);
  const dialog = element(
    'dialog',
    { 'aria-labelledby': id, 'aria-describedby': explanation === undefined ? undefined : `${id}-why`, 'data-testid': 'confirm' },
    element('h2', { id, dir: 'auto' }, question),
    explanation === undefined ? undefined : element('p', { class: 'lead', id: `${id}-why` }, explanation),
    problem,
    element('div', { class: 'buttons' }, cancel, button),
  );
  cancel.onclick = () => dialog.close();
  button.onclick = async () => {
    if (await attempt(problem, action, button)) dialog.close();
  };
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      dialog.remove();
      resolve();
    };
  });
}
