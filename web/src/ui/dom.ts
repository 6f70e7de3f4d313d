type Child = Node | string;

/** Makes an element with a class and children. */
export function el<Name extends keyof HTMLElementTagNameMap>(
  name: Name, className = '', ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** Icons are 24×24 outlines, one path each. */
const icons = {
  fullscreen: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  window: 'M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5',
  game: 'M8 6h8a6 6 0 0 1 6 6v1.5a4 4 0 0 1-7 2.6 1.5 1.5 0 0 0-1-.6h-4a1.5 1.5 0 0 0-1 .6 4 4 0 0 1-7-2.6V12a6 6 0 0 1 6-6ZM6 11h4M8 9v4M16 9.5v.01M17.5 12.5v.01',
  sound: 'M4 9v6h4l5 4V5L8 9H4ZM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11',
  muted: 'M4 9v6h4l5 4V5L8 9H4ZM16 9.5l5 5M21 9.5l-5 5',
  microphone: 'M12 4a3 3 0 0 0-3 3v4a3 3 0 0 0 6 0V7a3 3 0 0 0-3-3ZM6 11a6 6 0 0 0 12 0M12 17v3M9 20h6',
  keyboard: 'M3 7h18v10H3ZM7 10v.01M10 10v.01M13 10v.01M16.5 10v.01M7 13.5v.01M16.5 13.5v.01M10 14h4',
  stats: 'M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6',
  fit: 'M3 5h18v14H3ZM7 9h4M7 9v4M17 15h-4M17 15v-4',
  close: 'M6 6l12 12M18 6L6 18',
} as const;

export type IconName = keyof typeof icons;

export function icon(name: IconName): SVGSVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', icons[name]);
  svg.append(path);
  return svg;
}

/** Makes a button. Pressing it leaves the keyboard's focus where it is: with the remote desktop. */
export function button(label: string, face: IconName | undefined, action: () => void): HTMLButtonElement {
  const element = el('button', face ? 'icon' : '', face ? icon(face) : label);
  element.type = 'button';
  relabel(element, label);
  element.addEventListener('mousedown', (event) => event.preventDefault());
  element.addEventListener('click', action);
  return element;
}

/** Gives a button another name and, where it has an icon, another face. */
export function relabel(element: HTMLButtonElement, label: string, face?: IconName): void {
  element.setAttribute('aria-label', label);
  element.title = label;
  if (face) element.replaceChildren(icon(face));
}
