import { CausewayError } from '../errors';
import { codeOf, keycodeOf, virtualKeyOf, codeOfVirtualKey } from './keynames';
import type { InputSender } from './sender';

/** The kinds of input. */
export const InputType = {
  MouseAbsolute: 'mouse-absolute',
  MouseRelative: 'mouse-relative',
  MouseClick: 'mouse-click',
  MouseScroll: 'mouse-scroll',
  Keyboard: 'keyboard',
  Text: 'text',
  Release: 'release',
} as const;

export const ButtonAction = { Down: 'down', Up: 'up' } as const;
export type ButtonAction = 'down' | 'up';
export const KeyboardAction = ButtonAction;
export type KeyboardAction = ButtonAction;
export const MouseButton = { Left: 'left', Middle: 'middle', Right: 'right', Back: 'back', Forward: 'forward' } as const;
export type MouseButton = 'left' | 'middle' | 'right' | 'back' | 'forward';
export const ScrollAxis = { Vertical: 'vertical', Horizontal: 'horizontal' } as const;
export type ScrollAxis = 'vertical' | 'horizontal';

/** Moves the pointer: 0 is the centre of the picture's first pixel, 1 that of its last. */
export interface MouseAbsolute { readonly type: 'mouse-absolute'; readonly x: number; readonly y: number }
/** Moves the pointer by pixels. */
export interface MouseRelative { readonly type: 'mouse-relative'; readonly dx: number; readonly dy: number }
/** Presses a button or lets it go, at a place or, without one, where the pointer is. */
export interface MouseClick {
  readonly type: 'mouse-click';
  readonly button: MouseButton;
  readonly action: ButtonAction;
  readonly x?: number;
  readonly y?: number;
}
/** Turns the wheel by notches: right and down are positive. */
export interface MouseScroll { readonly type: 'mouse-scroll'; readonly axis: ScrollAxis; readonly delta: number }
/**
 * Presses a key or lets it go. The key is named by its place,
 * KeyboardEvent.code, or by a Windows virtual key. In what comes from a device
 * or from the wire, code is there, and empty for a key that has no name.
 */
export interface KeyboardInput {
  readonly type: 'keyboard';
  readonly code?: string;
  readonly keycode?: number;
  readonly action: KeyboardAction;
}
/** Types text, whatever keys that takes. */
export interface TextInput { readonly type: 'text'; readonly text: string }
/** Lets go of all that is down. */
export interface ReleaseInput { readonly type: 'release' }

/** What a viewer sends to a host. */
export type OutgoingInput = MouseAbsolute | MouseRelative | MouseClick | MouseScroll | KeyboardInput | TextInput | ReleaseInput;

const buttons: Readonly<Record<MouseButton, number>> = { left: 1, middle: 2, right: 3, back: 8, forward: 9 };

/** Sends an input. Throws `unsupported` for what the wire does not carry. */
export function send(sender: InputSender, input: OutgoingInput): void {
  switch (input.type) {
    case 'mouse-absolute':
      return sender.move({ x: onWire(input.x), y: onWire(input.y) });
    case 'mouse-relative':
      return sender.motion(input.dx, input.dy);
    case 'mouse-click':
      return sender.button(number(input.button), input.action === 'down', place(input));
    case 'mouse-scroll':
      return scroll(sender, input);
    case 'keyboard':
      return sender.key(key(input), input.action === 'down');
    case 'text':
      return sender.text(input.text);
    case 'release':
      return sender.release();
    default:
      throw new CausewayError('unsupported', `input of type ${String((input as { type?: unknown }).type)} cannot be sent`);
  }
}

/** The inputs of the wire's events, for those who filter and those who receive them. */
export const input = {
  key: (code: number, down: boolean): KeyboardInput => {
    const name = codeOf(code);
    return { type: 'keyboard', code: name, keycode: virtualKeyOf(name), action: down ? 'down' : 'up' };
  },
  text: (text: string): TextInput => ({ type: 'text', text }),
  button: (button: number, down: boolean, at?: { x: number; y: number }): MouseClick | undefined => {
    const name = (Object.keys(buttons) as MouseButton[]).find((known) => buttons[known] === button);
    return name && {
      type: 'mouse-click', button: name, action: down ? 'down' : 'up', ...(at && { x: at.x / 65535, y: at.y / 65535 }),
    };
  },
  scroll: (dx: number, dy: number): MouseScroll[] => {
    const axes = [['horizontal', dx], ['vertical', dy]] as const;
    return axes.filter(([, delta]) => delta !== 0).map(([axis, delta]) => ({ type: 'mouse-scroll', axis, delta: delta / 120 }));
  },
  move: (at: { x: number; y: number }): MouseAbsolute => ({ type: 'mouse-absolute', x: at.x / 65535, y: at.y / 65535 }),
  motion: (dx: number, dy: number): MouseRelative => ({ type: 'mouse-relative', dx, dy }),
} as const;

function onWire(fraction: number): number {
  return Math.round(Math.min(Math.max(Number(fraction) || 0, 0), 1) * 65535);
}

function place({ x, y }: MouseClick): { x: number; y: number } | undefined {
  return x === undefined || y === undefined ? undefined : { x: onWire(x), y: onWire(y) };
}

function number(button: MouseButton): number {
  if (Object.hasOwn(buttons, button)) return buttons[button];
  throw new CausewayError('unsupported', `there is no button ${String(button)}`);
}

function key({ code, keycode }: KeyboardInput): number {
  const name = code ?? codeOfVirtualKey(keycode ?? 0);
  const found = keycodeOf(name);
  if (found === undefined) throw new CausewayError('unsupported', `there is no key ${code ?? keycode}`);
  return found;
}

function scroll(sender: InputSender, { axis, delta }: MouseScroll): void {
  let rest = Math.round(Number(delta) * 120) || 0;
  const most = 32767;
  // Nobody scrolls further than a few pieces; what asks for more gets no more.
  for (let pieces = 0; rest !== 0 && pieces < 16; pieces++) {
    const piece = Math.min(Math.max(rest, -most), most);
    sender.wheel(axis === 'horizontal' ? piece : 0, axis === 'horizontal' ? 0 : piece);
    rest -= piece;
  }
}
