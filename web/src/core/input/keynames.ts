import { keycodes } from './keycodes';

/**
 * Windows virtual keys by KeyboardEvent.code, but for letters, digits and
 * function keys, which are computed.
 */
const virtualKeys: Readonly<Record<string, number>> = {
  Backspace: 0x08, Tab: 0x09, Enter: 0x0d, Pause: 0x13, CapsLock: 0x14, KanaMode: 0x15, Escape: 0x1b, Convert: 0x1c,
  NonConvert: 0x1d, Space: 0x20, PageUp: 0x21, PageDown: 0x22, End: 0x23, Home: 0x24, ArrowLeft: 0x25, ArrowUp: 0x26,
  ArrowRight: 0x27, ArrowDown: 0x28, Select: 0x29, PrintScreen: 0x2c, Insert: 0x2d, Delete: 0x2e, Help: 0x2f,
  MetaLeft: 0x5b, MetaRight: 0x5c, ContextMenu: 0x5d, Sleep: 0x5f, NumpadMultiply: 0x6a, NumpadAdd: 0x6b,
  NumpadComma: 0x6c, NumpadSubtract: 0x6d, NumpadDecimal: 0x6e, NumpadDivide: 0x6f, NumLock: 0x90, ScrollLock: 0x91,
  NumpadEqual: 0x92, ShiftLeft: 0xa0, ShiftRight: 0xa1, ControlLeft: 0xa2, ControlRight: 0xa3, AltLeft: 0xa4,
  AltRight: 0xa5, BrowserBack: 0xa6, BrowserForward: 0xa7, BrowserRefresh: 0xa8, BrowserStop: 0xa9, BrowserSearch: 0xaa,
  BrowserFavorites: 0xab, BrowserHome: 0xac, AudioVolumeMute: 0xad, AudioVolumeDown: 0xae, AudioVolumeUp: 0xaf,
  MediaTrackNext: 0xb0, MediaTrackPrevious: 0xb1, MediaStop: 0xb2, MediaPlayPause: 0xb3, LaunchMail: 0xb4,
  MediaSelect: 0xb5, LaunchApp1: 0xb6, LaunchApp2: 0xb7, Semicolon: 0xba, Equal: 0xbb, Comma: 0xbc, Minus: 0xbd,
  Period: 0xbe, Slash: 0xbf, Backquote: 0xc0, BracketLeft: 0xdb, Backslash: 0xdc, BracketRight: 0xdd, Quote: 0xde,
  IntlBackslash: 0xe2,
};

/** Virtual keys that name either of two. */
const either: Readonly<Record<number, string>> = { 0x10: 'ShiftLeft', 0x11: 'ControlLeft', 0x12: 'AltLeft' };

const names = new Map(Object.entries(keycodes).map(([name, code]) => [code, name]));
const byVirtualKey = new Map(Object.keys(keycodes).flatMap((name) => {
  const key = virtualKeyOf(name);
  return key === undefined ? [] : [[key, name] as const];
}));

/** The evdev number of a key by its KeyboardEvent.code. */
export function keycodeOf(name: string): number | undefined {
  return Object.hasOwn(keycodes, name) ? keycodes[name] : undefined;
}

/** The KeyboardEvent.code of an evdev number, or "". */
export function codeOf(code: number): string {
  return names.get(code) ?? '';
}

/** The KeyboardEvent.code of a Windows virtual key, or "". */
export function codeOfVirtualKey(key: number): string {
  return either[key] ?? byVirtualKey.get(key) ?? '';
}

/** The Windows virtual key of a KeyboardEvent.code. */
export function virtualKeyOf(name: string): number | undefined {
  const [, letter, digit, pad, f] = /^(?:Key([A-Z])|Digit(\d)|Numpad(\d)|F(\d{1,2}))$/.exec(name) ?? [];
  if (letter ?? digit) return (letter ?? digit)!.charCodeAt(0);
  if (pad) return 0x60 + Number(pad);
  if (f) return 0x6f + Number(f);
  return Object.hasOwn(virtualKeys, name) ? virtualKeys[name] : undefined;
}
