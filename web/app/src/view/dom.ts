type Child = Node | string | undefined;

/** Makes an element. Text becomes text nodes: there is no way to pass markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | boolean | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, '');
    else if (value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}

/** Writes only what changed, so that a selection inside survives. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Something that is shown when its title is pressed. Of those with the same `name` one is open at a time. */
export const fold = (title: string, content: Node[], options: { name?: string; open?: boolean } = {}): HTMLDetailsElement =>
  element('details', { name: options.name, open: options.open }, element('summary', {}, title), ...content);

const ICONS = {
  menu: 'M4 7h16M4 12h16M4 17h16',
  send: 'M12 19V5m0 0-6 6m6-6 6 6',
  down: 'M12 5v14m0 0 6-6m-6 6-6-6',
  trash: 'M5 7h14M10 7V4.5h4V7m-7.5 0 1 12.5h9L17.5 7M10.5 11v5m3-5v5',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  room: 'M9.5 4 8 20m8-16-1.5 16M4.5 9h15M4 15h15',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8m-7.5 8c0-3.5 3-5.5 7.5-5.5s7.5 2 7.5 5.5',
  people: 'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 19.5c0-3.2 2.6-5 6.5-5s6.5 1.8 6.5 5M15.5 4.7a3.5 3.5 0 0 1 0 6.6m2.3 3.5c2.3.7 3.7 2.3 3.7 4.7',
  info: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 11v5.5M12 7.5v.1',
  note: 'M5 4h14v11l-5 5H5zM14 20v-5h5M8.5 9h7M8.5 13h3',
  more: 'M5 12h1M11.5 12h1M18 12h1',
  smile: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M8.5 14.2c.8 1.2 2 1.8 3.5 1.8s2.7-.6 3.5-1.8M9 9.5v.6M15 9.5v.6',
  reply: 'M10 6 4.5 11.5 10 17M4.5 11.5H14c3.3 0 5.5 2.2 5.5 6',
  forward: 'm14 6 5.5 5.5L14 17m5.5-5.5H10c-3.3 0-5.5 2.2-5.5 6',
  pencil: 'm4 20 1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5l3.5 3.5',
  pin: 'M9 4h6l-.6 6 3.1 3.5h-11L9.6 10zM12 13.5V20',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  checks: 'm1.5 12.5 4.5 4.5 9.5-9.5M11 16l1 1 9.5-9.5',
  silent: 'M6 10a6 6 0 0 1 9.5-4.9M18 10v3l2 4H8m2 3h4M6 10v3l-2 4M4 4l16 16',
  archive: 'M4 5h16v4H4zM5.5 9v10h13V9M10 13h4',
  tuning: 'M4 8h9m5 0h2M4 16h2m5 0h9M15.5 8a2.2 2.2 0 1 0 0-.1M8.5 16a2.2 2.2 0 1 0 0-.1',
  bell: 'M6 10a6 6 0 0 1 12 0v3l2 4H4l2-4zM10 20h4',
  unread: 'M4 6h11M4 12h16M4 18h16M19.5 6h.1',
  eye: 'M2.5 12c2.4-4.4 5.6-6.5 9.5-6.5s7.1 2.1 9.5 6.5c-2.4 4.4-5.6 6.5-9.5 6.5S4.9 16.4 2.5 12M12 14.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6',
  copy: 'M9 9h10.5v10.5H9zM15 9V4.5H4.5V15H9',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1.2 1.2M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2',
};

export type IconName = keyof typeof ICONS;

export function icon(name: IconName): SVGSVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}
