import favicon from '../favicon.svg';
import { element } from './dom.ts';

export const brand = (): HTMLElement =>
  element('a', { href: '/', class: 'brand' }, element('img', { src: favicon, alt: '', width: '28', height: '28' }), 'Chinwag');
