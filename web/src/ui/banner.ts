import { button, el } from './dom';

/** Banner shows short messages at the lower edge, each until it no longer holds or is closed. */
export class Banner {
  readonly element = el('div', 'banners');

  constructor() {
    this.element.setAttribute('role', 'status');
  }

  /** Shows a message in the place of the last one with the same key; an empty one takes it away. */
  show(key: string, message: string, action?: HTMLButtonElement): void {
    for (const old of this.element.querySelectorAll<HTMLElement>('.banner')) {
      if (old.dataset['key'] === key) old.remove();
    }
    if (!message) return;
    const close = button('Close this message', 'close', () => this.show(key, ''));
    const banner = el('div', 'banner', el('span', '', message), ...(action ? [action] : []), close);
    banner.dataset['key'] = key;
    this.element.append(banner);
  }
}
