import { setText } from './dom.ts';

/** What went wrong, for people. */
export const problemText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Asks the server for something, and says below it if that is refused. The button waits for the answer, and has the focus
 * again afterwards, if it had it before.
 */
export async function attempt(problem: Element, action: () => Promise<unknown>, button?: HTMLButtonElement): Promise<boolean> {
  const focused = document.activeElement === button;
  if (button) button.disabled = true;
  setText(problem, '');
  let done = true;
  try {
    await action();
  } catch (error) {
    setText(problem, problemText(error));
    done = false;
  }
  if (button) button.disabled = false;
  if (focused && document.activeElement === document.body) button?.focus();
  return done;
}
