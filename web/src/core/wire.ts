// The wire form of input/PROTOCOL.md, whose examples the test reads. All
// integers are big-endian.

/** The longest text of one event, in bytes of UTF-8. */
export const maxText = 1024;

export function encodeKey(code: number, down: boolean): Uint8Array<ArrayBuffer> {
  const v = message(4);
  v.setUint8(0, 0x01);
  v.setUint8(1, down ? 1 : 0);
  v.setUint16(2, code);
  return bytes(v);
}

/** Encodes text of any length: as many events, back to back, as it needs. Controls but tab and newline are left out. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  const parts = splitText(text).map((part) => new TextEncoder().encode(part));
  const v = message(parts.reduce((sum, part) => sum + 3 + part.length, 0));
  const out = bytes(v);
  let at = 0;
  for (const part of parts) {
    v.setUint8(at, 0x02);
    v.setUint16(at + 1, part.length);
    out.set(part, at + 3);
    at += 3 + part.length;
  }
  return out;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Encodes a button; `at` is where it happened, or undefined for where the pointer is. */
export function encodeButton(button: number, down: boolean, seq: number, at?: Point): Uint8Array<ArrayBuffer> {
  const v = message(9);
  v.setUint8(0, 0x03);
  v.setUint8(1, (down ? 1 : 0) | (at ? 2 : 0));
  v.setUint8(2, button);
  v.setUint16(3, seq);
  v.setUint16(5, at?.x ?? 0);
  v.setUint16(7, at?.y ?? 0);
  return bytes(v);
}

/** Encodes wheel motion in 1/120 of a notch, each within ±32767. */
export function encodeWheel(dx: number, dy: number): Uint8Array<ArrayBuffer> {
  const v = message(5);
  v.setUint8(0, 0x04);
  v.setInt16(1, dx);
  v.setInt16(3, dy);
  return bytes(v);
}

export function encodeRelease(): Uint8Array<ArrayBuffer> {
  return new Uint8Array([0x05]);
}

export function encodeMove(seq: number, at: Point): Uint8Array<ArrayBuffer> {
  const v = message(7);
  v.setUint8(0, 0x10);
  v.setUint16(1, seq);
  v.setUint16(3, at.x);
  v.setUint16(5, at.y);
  return bytes(v);
}

/** Encodes relative motion as sums since the connection began; they wrap at 32 bits. */
export function encodeMotion(seq: number, sum: Point): Uint8Array<ArrayBuffer> {
  const v = message(11);
  v.setUint8(0, 0x11);
  v.setUint16(1, seq);
  v.setInt32(3, sum.x);
  v.setInt32(7, sum.y);
  return bytes(v);
}

/** The host's pointer image and its hot spot. */
export interface PointerShape {
  readonly kind: 'shape';
  readonly x: number;
  readonly y: number;
  readonly png: Uint8Array<ArrayBuffer>;
}

/** Where the host's pointer is, as a fraction of the picture. */
export interface PointerPosition {
  readonly kind: 'position';
  readonly visible: boolean;
  readonly seq: number;
  readonly x: number;
  readonly y: number;
}

/** Reads a message of the host; undefined for one that is unknown or cut short. */
export function decode(data: ArrayBuffer): PointerShape | PointerPosition | undefined {
  const v = new DataView(data);
  if (v.byteLength < 1) return undefined;
  switch (v.getUint8(0)) {
    case 0x20:
      if (v.byteLength < 6) return undefined;
      return { kind: 'shape', x: v.getUint16(2), y: v.getUint16(4), png: new Uint8Array(data, 6) };
    case 0x21:
      if (v.byteLength < 8) return undefined;
      return {
        kind: 'position',
        visible: (v.getUint8(1) & 1) !== 0,
        seq: v.getUint16(2),
        x: v.getUint16(4),
        y: v.getUint16(6),
      };
    default:
      return undefined;
  }
}

/** True when sequence number a comes after b, modulo 2¹⁶. */
export function after(a: number, b: number): boolean {
  return a !== b && ((a - b) & 0xffff) < 0x8000;
}

/** Splits text into pieces of at most maxText bytes, never inside a code point. */
function splitText(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let size = 0;
  for (const char of text.replace(/\r\n?/g, '\n')) {
    const code = char.codePointAt(0) ?? 0;
    const control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const surrogate = code >= 0xd800 && code < 0xe000;
    if ((control && char !== '\t' && char !== '\n') || surrogate) continue;
    const length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (size + length > maxText) {
      parts.push(part);
      part = '';
      size = 0;
    }
    part += char;
    size += length;
  }
  if (part) parts.push(part);
  return parts;
}

function message(size: number): DataView<ArrayBuffer> {
  return new DataView(new ArrayBuffer(size));
}

function bytes(v: DataView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(v.buffer);
}
