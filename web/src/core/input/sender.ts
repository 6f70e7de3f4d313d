import {
  encodeButton, encodeKey, encodeMotion, encodeMove, encodeRelease, encodeText, encodeWheel, type Point,
} from '../wire';
import { codeOf } from './keynames';
import { InputLevel } from './level';
import { input as inputs, type OutgoingInput } from './outgoing';

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
  level: InputLevel = InputLevel.None;
  private input: Outlet | undefined;
  private motionOut: Outlet | undefined;
  private seq = 0;
  private sumX = 0;
  private sumY = 0;
  /** Events sent since the page opened. */
  sent = 0;
  /** Asked before each event that would be sent; false keeps it back. Lets everything through while undefined. */
  filter: ((input: OutgoingInput) => boolean) | undefined;
  private readonly down = new Set<number>();

  /** Starts on a new connection's channels; undefined ends. */
  connect(input: Outlet | undefined, motion: Outlet | undefined): void {
    if (input !== this.input || motion !== this.motionOut) {
      this.seq = 0;
      this.sumX = 0;
      this.sumY = 0;
    }
    this.input = input;
    this.motionOut = motion;
    if (!input) this.down.clear();
  }

  /** True while both channels are open. */
  get open(): boolean {
    return this.input?.readyState === 'open' && this.motionOut?.readyState === 'open';
  }

  /** True when the connection is up and the host permits the bits. */
  may(bits: number): boolean {
    return this.input?.readyState === 'open' && (this.level & bits) === bits;
  }

  /** The places of the keys that are down, as KeyboardEvent.code names them. */
  get heldKeys(): string[] {
    return [...this.down].map(codeOf);
  }

  /** Does something past the filter. */
  unfiltered(action: () => void): void {
    const { filter } = this;
    this.filter = undefined;
    try {
      action();
    } finally {
      this.filter = filter;
    }
  }

  key(code: number, down: boolean): void {
    if (!this.may(InputLevel.Keyboard)) return;
    if (down) this.down.add(code);
    else this.down.delete(code);
    if (this.passes(() => inputs.key(code, down))) this.put(encodeKey(code, down));
  }

  text(text: string): void {
    if (!this.may(InputLevel.Keyboard) || !this.passes(() => inputs.text(text))) return;
    const chars = [...text];
    for (let at = 0; at < chars.length; at += textPiece) {
      const data = encodeText(chars.slice(at, at + textPiece).join(''));
      if (data.length > 0) this.put(data);
    }
  }

  button(button: number, down: boolean, at?: Point): void {
    if (this.may(InputLevel.Mouse) && this.passes(() => inputs.button(button, down, at))) {
      this.put(encodeButton(button, down, this.seq, at));
    }
  }

  wheel(dx: number, dy: number): void {
    if ((dx === 0 && dy === 0) || !this.may(InputLevel.Mouse)) return;
    const kept = inputs.scroll(dx, dy).filter((input) => this.passes(() => input)).map(({ axis }) => axis);
    if (kept.length > 0) this.put(encodeWheel(kept.includes('horizontal') ? dx : 0, kept.includes('vertical') ? dy : 0));
  }

  /** Lets go of everything this viewer holds down on the host. */
  release(): void {
    this.down.clear();
    if (this.input?.readyState === 'open' && this.level !== InputLevel.None) this.put(encodeRelease());
  }

  move(at: Point): void {
    if (this.canMove() && this.passes(() => inputs.move(at))) this.putMotion(encodeMove(this.nextSeq(), at));
  }

  /** Adds relative motion. Fractions and what finds the queue full go with the next. */
  motion(dx: number, dy: number): void {
    if (!this.passes(() => inputs.motion(dx, dy))) return;
    this.sumX += dx;
    this.sumY += dy;
    if (this.canMove()) {
      this.putMotion(encodeMotion(this.nextSeq(), { x: Math.round(this.sumX) | 0, y: Math.round(this.sumY) | 0 }));
    }
  }

  /** Asks the filter. What it is asked of is made only when there is one. */
  private passes(input: () => OutgoingInput | undefined): boolean {
    if (!this.filter) return true;
    const made = input();
    return made === undefined || this.filter(made);
  }

  private canMove(): boolean {
    const out = this.motionOut;
    return this.may(InputLevel.Mouse) && out?.readyState === 'open' && out.bufferedAmount < maxQueued;
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
