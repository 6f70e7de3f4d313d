import { CausewayError } from '../errors';
import { after, maxText } from '../wire';
import { InputLevel } from './level';
import { input, type OutgoingInput } from './outgoing';

/** The longest message in bytes. */
const maxMessage = 16_384;

/** One event of a message: what it is, what it takes, and its place among motion. */
interface Received {
  readonly inputs: readonly OutgoingInput[];
  readonly needs: InputLevel;
  /** The sequence number, and whether the event is motion itself. */
  readonly seq?: number;
  readonly motion?: boolean;
  /** Sums of relative motion. */
  readonly sum?: readonly [x: number, y: number];
}

/** InputReceiver reads what one viewer's input channels carry, and lets through what its level permits. */
export class InputReceiver {
  private seq = 0;
  private sumX = 0;
  private sumY = 0;

  constructor(public level: InputLevel) {}

  /** Reads a message; one with a mistake is refused whole, and gives nothing. */
  receive(data: unknown): OutgoingInput[] {
    if (!(data instanceof ArrayBuffer) || data.byteLength > maxMessage) return [];
    let events: Received[];
    try {
      events = decodeEvents(data);
    } catch {
      return [];
    }
    return events.flatMap((event) => this.judge(event));
  }

  private judge({ inputs, needs, seq, motion, sum }: Received): readonly OutgoingInput[] {
    // Motion that a button overtook is late, as is what later motion did.
    const stale = seq !== undefined && motion && !after(seq, this.seq);
    if (seq !== undefined && after(seq, this.seq)) this.seq = seq;
    if (stale) return [];
    const permitted = (this.level & needs) === needs;
    if (!sum) return permitted ? inputs : [];
    const moved = input.motion((sum[0] - this.sumX) | 0, (sum[1] - this.sumY) | 0);
    [this.sumX, this.sumY] = sum;
    return permitted ? [moved] : [];
  }
}

/** Reads the events of a message: input/PROTOCOL.md. Throws what breaks it. */
export function decodeEvents(data: ArrayBuffer): Received[] {
  const v = new DataView(data);
  const events: Received[] = [];
  let at = 0;
  // A DataView throws when it is read beyond its end.
  while (at < v.byteLength) {
    const [event, size] = decodeEvent(v, at);
    events.push(event);
    at += size;
  }
  if (at !== v.byteLength || events.length === 0) throw malformed();
  return events;
}

function decodeEvent(v: DataView, at: number): [event: Received, size: number] {
  const { Mouse, Keyboard, None } = InputLevel;
  switch (v.getUint8(at)) {
    case 0x01:
      return [{ needs: Keyboard, inputs: [input.key(v.getUint16(at + 2), flags(v, at + 1, 1) === 1)] }, 4];
    case 0x02:
      return decodeText(v, at);
    case 0x03:
      return decodeButton(v, at);
    case 0x04:
      return [{ needs: Mouse, inputs: input.scroll(v.getInt16(at + 1), v.getInt16(at + 3)) }, 5];
    case 0x05:
      return [{ needs: None, inputs: [{ type: 'release' }] }, 1];
    case 0x10: {
      const to = input.move({ x: v.getUint16(at + 3), y: v.getUint16(at + 5) });
      return [{ needs: Mouse, inputs: [to], seq: v.getUint16(at + 1), motion: true }, 7];
    }
    case 0x11:
      return [{ needs: Mouse, inputs: [], seq: v.getUint16(at + 1), motion: true, sum: [v.getInt32(at + 3), v.getInt32(at + 7)] }, 11];
    default:
      throw malformed();
  }
}

function decodeText(v: DataView, at: number): [event: Received, size: number] {
  const length = v.getUint16(at + 1);
  if (length === 0 || length > maxText || at + 3 + length > v.byteLength) throw malformed();
  const bytes = new Uint8Array(v.buffer, v.byteOffset + at + 3, length);
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text)) throw malformed();
  return [{ needs: InputLevel.Keyboard, inputs: [input.text(text)] }, 3 + length];
}

function decodeButton(v: DataView, at: number): [event: Received, size: number] {
  const bits = flags(v, at + 1, 3);
  const place = bits & 2 ? { x: v.getUint16(at + 5), y: v.getUint16(at + 7) } : undefined;
  v.getUint16(at + 7);
  const click = input.button(v.getUint8(at + 2), (bits & 1) !== 0, place);
  if (!click) throw malformed();
  return [{ needs: InputLevel.Mouse, inputs: [click], seq: v.getUint16(at + 3) }, 9];
}

function flags(v: DataView, at: number, known: number): number {
  const bits = v.getUint8(at);
  if ((bits & ~known) !== 0) throw malformed();
  return bits;
}

function malformed(): CausewayError {
  return new CausewayError('protocol', 'an input event that is none');
}
