import { keycodes } from './keycodes';

/** The part of a KeyboardEvent that decides what is sent. */
export interface Stroke {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  getModifierState(name: string): boolean;
}

/** Which keyboard habits the viewer's system has. */
export type System = 'mac' | 'windows' | 'other';

/** The number of a key's place. Phones leave `code` empty, so its name serves as well. */
export function physicalCode(stroke: Stroke): number | undefined {
  return keycodes[stroke.code] ?? keycodes[stroke.key];
}

/**
 * The number to send for a key that makes no text. A shortcut means the
 * letter printed on the key: Ctrl+Z on a German keyboard is the key to the
 * right of T, so letters and digits go as the key that has them on a US
 * keyboard. A numpad key that moves the cursor goes as the key of that name,
 * as the host's Num Lock may differ from the viewer's.
 */
export function desktopCode(stroke: Stroke): number | undefined {
  const { key, code } = stroke;
  if (code.startsWith('Numpad')) {
    const named = key.length > 1 && key !== 'Enter' ? keycodes[key] : undefined;
    return named ?? keycodes[code];
  }
  if (/^[a-z]$/i.test(key)) return keycodes[`Key${key.toUpperCase()}`];
  if (/^[0-9]$/.test(key)) return keycodes[`Digit${key}`];
  return physicalCode(stroke);
}

/**
 * True when the stroke is text by the viewer's own layout. AltGr makes text,
 * though Windows reports it as Ctrl+Alt; so does Option on a Mac.
 */
export function isText(stroke: Stroke, system: System): boolean {
  if (!isPrintable(stroke.key)) return false;
  if (stroke.getModifierState('AltGraph')) return !stroke.metaKey;
  const option = system === 'mac' && stroke.altKey;
  return !stroke.ctrlKey && !stroke.metaKey && (option || !stroke.altKey);
}

/** Keys have ASCII names of two letters or more; anything else is what they print. */
function isPrintable(key: string): boolean {
  return [...key].length === 1 || !/^[A-Za-z0-9]*$/.test(key);
}

/** The modifiers, and whether an event says that one of the kind may be held. */
export const modifiers: Readonly<Record<string, (s: Stroke | MouseEvent) => boolean>> = {
  ShiftLeft: (s) => s.shiftKey,
  ShiftRight: (s) => s.shiftKey,
  ControlLeft: (s) => s.ctrlKey || s.getModifierState('AltGraph'),
  ControlRight: (s) => s.ctrlKey || s.getModifierState('AltGraph'),
  // X11 reports Alt with Shift as Meta, so the two vouch for one another.
  AltLeft: (s) => s.altKey || s.metaKey || s.getModifierState('AltGraph'),
  AltRight: (s) => s.altKey || s.metaKey || s.getModifierState('AltGraph'),
  MetaLeft: (s) => s.altKey || s.metaKey,
  MetaRight: (s) => s.altKey || s.metaKey,
};

/** Finds the system the browser runs on. */
export function currentSystem(): System {
  const name = (navigator.userAgentData?.platform ?? navigator.platform ?? '').toLowerCase();
  if (/mac|iphone|ipad/.test(name)) return 'mac';
  return name.startsWith('win') ? 'windows' : 'other';
}
