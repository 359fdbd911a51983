import { setText } from './dom.ts';

export const problemText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Asks the server for something, and says below it if that is refused. The button waits for the answer. */
export async function attempt(problem: Element, action: () => Promise<unknown>, button?: HTMLButtonElement): Promise<boolean> {
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
  return done;
}
