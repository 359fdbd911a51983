/** With a screen keyboard there is no Shift+Enter, and a field that takes the focus covers half of the page. */
export const touchOnly = matchMedia('(hover: none) and (pointer: coarse)');
