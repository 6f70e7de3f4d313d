import type { Shape } from '../core/index';
import { el } from './dom';

const all = 'All monitors';

/** Makes the menu of the host's monitors. */
export function monitorMenu(choose: (name: string) => void): HTMLSelectElement {
  const menu = el('select', 'monitors');
  menu.setAttribute('aria-label', 'Monitor');
  menu.title = 'Monitor';
  menu.hidden = true;
  menu.addEventListener('change', () => {
    choose(menu.value);
    menu.blur();
  });
  return menu;
}

/** Shows what there is to choose from; a menu of one is none. */
export function showChoice(menu: HTMLSelectElement, { monitors, monitor }: Shape, enabled: boolean): void {
  menu.hidden = monitors.length < 2;
  menu.disabled = !enabled;
  const names = monitors.map(({ name }) => name);
  if (menu.dataset['names'] !== names.join('\n')) {
    menu.dataset['names'] = names.join('\n');
    menu.replaceChildren(new Option(all, ''), ...names.map((name) => new Option(name, name)));
  }
  menu.value = monitor;
}
