import { attempt } from './attempt.ts';
import { element, setText } from './dom.ts';

export interface RequestFormOptions {
  /** What stands between the form's edge and its button. */
  fields: Node[];
  submit: string;
  testId: string;
  /** Asks the server; what it returns is told below the fields. */
  action(): Promise<string | undefined>;
}

let forms = 0;

/** A form that asks the server for something: its button waits for the answer, and a refusal is told above it. */
export function requestForm({ fields, submit, testId, action }: RequestFormOptions): HTMLFormElement {
  const id = `outcome-${forms++}`;
  const button = element('button', { type: 'submit', class: 'primary' }, submit);
  const problem = element('p', { class: 'problem', role: 'alert', id });
  const success = element('p', { class: 'success', role: 'status' });
  const form = element('form', { class: 'request', 'data-testid': testId, 'aria-describedby': id }, ...fields, problem, success, button);
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    setText(success, '');
    await attempt(problem, async () => setText(success, (await action()) ?? ''), button);
  };
  return form;
}

export interface FieldOptions {
  label: string;
  name: string;
  type?: 'text' | 'password';
  autocomplete: string;
  value?: string;
  maxlength?: number;
  minlength?: number;
  optional?: boolean;
  hint?: string;
}

/** A field with its label, and the input itself. */
export function field(options: FieldOptions): { row: HTMLElement; input: HTMLInputElement } {
  const id = `field-${forms++}`;
  const input = element('input', {
    id,
    name: options.name,
    type: options.type ?? 'text',
    autocomplete: options.autocomplete as string,
    autocapitalize: 'none',
    spellcheck: 'false',
    required: !options.optional,
    maxlength: options.maxlength === undefined ? undefined : String(options.maxlength),
    minlength: options.minlength === undefined ? undefined : String(options.minlength),
    'aria-describedby': options.hint === undefined ? undefined : `${id}-hint`,
  });
  input.value = options.value ?? '';
  const hint = options.hint === undefined ? undefined : element('small', { id: `${id}-hint` }, options.hint);
  return { row: element('div', { class: 'field' }, element('label', { for: id }, options.label), input, hint), input };
}

export interface CheckOptions {
  label: string;
  name: string;
  checked?: boolean;
  picture?: Node;
}

/** A box to tick, and the input itself. */
export function checkField({ label, name, checked, picture }: CheckOptions): { row: HTMLElement; input: HTMLInputElement } {
  const input = element('input', { type: 'checkbox', name });
  input.checked = checked ?? false;
  return { row: element('label', { class: 'check' }, input, picture, element('span', { dir: 'auto' }, label)), input };
}

export interface SelectOptions {
  label: string;
  name: string;
  /** Each value, and what it is called. */
  options: [string, string][];
  value: string;
}

/** A choice of one; a present value that is not among the options is one of them, too. */
export function selectField({ label, name, options, value }: SelectOptions): {
  row: HTMLElement;
  chosen(): string;
  choose(value: string): void;
} {
  const id = `field-${forms++}`;
  const select = element('select', { id, name }, ...options.map(([option, text]) => element('option', { value: option }, text)));
  const choose = (wanted: string): void => {
    if (!options.some(([option]) => option === wanted)) select.append(element('option', { value: wanted }, wanted));
    select.value = wanted;
  };
  choose(value);
  return { row: element('div', { class: 'field' }, element('label', { for: id }, label), select), chosen: () => select.value, choose };
}

export const passwordField = (label: string, name: string, autocomplete: 'current-password' | 'new-password') =>
  field({
    label,
    name,
    type: 'password',
    autocomplete,
    minlength: 8,
    maxlength: 1_024,
    ...(autocomplete === 'new-password' ? { hint: 'At least 8 characters.' } : {}),
  });

export const usernameField = (hint?: string) =>
  field({
    label: 'User name',
    name: 'username',
    autocomplete: 'username',
    minlength: 3,
    maxlength: 32,
    ...(hint === undefined ? {} : { hint }),
  });
