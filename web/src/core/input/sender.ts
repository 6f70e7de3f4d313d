import {
  encodeButton, encodeKey, encodeMotion, encodeMove, encodeRelease, encodeText, encodeWheel, type Point,
} from '../wire';

/** What a viewer may do: the bits of `level` in peer/signal/PROTOCOL.md. */
export const Level = { none: 0, mouse: 1, keyboard: 2, gamepad: 4, touch: 8, clipboard: 16 } as const;

/** The part of an RTCDataChannel that is used, so that a test can stand in. */
export interface Outlet {
  readonly readyState: string;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
}

/** Motion waits for nothing: above this many bytes in the queue newer motion will tell it all. */
const maxQueued = 4096;

/** Text of one message, in UTF-16 units: well within the 16,384 bytes a message may have. */
const textPiece = 4000;

/**
 * InputSender writes input events to a connection's two channels: what must
 * arrive to `input`, pointer motion to `motion`. It keeps the sequence
 * number and the sums, which begin anew with each connection, and sends
 * nothing the host's level forbids.
 */
export class InputSender {
  level: number = Level.none;
  private input: Outlet | undefined;
  private motionOut: Outlet | undefined;
  private seq = 0;
  private sumX = 0;
  private sumY = 0;
  /** Events sent since the page opened. */
  sent = 0;

  /** Starts on a new connection's channels; undefined ends. */
  connect(input: Outlet | undefined, motion: Outlet | undefined): void {
    if (input !== this.input || motion !== this.motionOut) {
      this.seq = 0;
      this.sumX = 0;
      this.sumY = 0;
    }
    this.input = input;
    this.motionOut = motion;
  }

  /** True when the connection is up and the host permits the bits. */
  may(bits: number): boolean {
    return this.input?.readyState === 'open' && (this.level & bits) === bits;
  }

  key(code: number, down: boolean): void {
    if (this.may(Level.keyboard)) this.put(encodeKey(code, down));
  }

  text(text: string): void {
    if (!this.may(Level.keyboard)) return;
    const chars = [...text];
    for (let at = 0; at < chars.length; at += textPiece) {
      const data = encodeText(chars.slice(at, at + textPiece).join(''));
      if (data.length > 0) this.put(data);
    }
  }

  button(button: number, down: boolean, at?: Point): void {
    if (this.may(Level.mouse)) this.put(encodeButton(button, down, this.seq, at));
  }

  wheel(dx: number, dy: number): void {
    if ((dx !== 0 || dy !== 0) && this.may(Level.mouse)) this.put(encodeWheel(dx, dy));
  }

  /** Lets go of everything this viewer holds down on the host. */
  release(): void {
    if (this.input?.readyState === 'open' && this.level !== Level.none) this.put(encodeRelease());
  }

  move(at: Point): void {
    if (this.canMove()) this.putMotion(encodeMove(this.nextSeq(), at));
  }

  /** Adds relative motion. Fractions and what finds the queue full go with the next. */
  motion(dx: number, dy: number): void {
    this.sumX += dx;
    this.sumY += dy;
    if (this.canMove()) {
      this.putMotion(encodeMotion(this.nextSeq(), { x: Math.round(this.sumX) | 0, y: Math.round(this.sumY) | 0 }));
    }
  }

  private canMove(): boolean {
    const out = this.motionOut;
    return this.may(Level.mouse) && out?.readyState === 'open' && out.bufferedAmount < maxQueued;
  }

  private nextSeq(): number {
    this.seq = (this.seq + 1) & 0xffff;
    return this.seq;
  }

  private put(data: Uint8Array<ArrayBuffer>): void {
    this.input?.send(data);
    this.sent++;
  }

  private putMotion(data: Uint8Array<ArrayBuffer>): void {
    this.motionOut?.send(data);
    this.sent++;
  }
}
