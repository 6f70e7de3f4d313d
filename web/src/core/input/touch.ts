import type { Point } from '../wire';
import type { Pointer, PointerSink } from './pointer';
import { Wheel } from './wheel';

/** The part of a touch's PointerEvent that decides what is sent. */
export interface TouchLike {
  readonly pointerId: number;
  readonly clientX: number;
  readonly clientY: number;
  readonly timeStamp: number;
}

interface Finger {
  readonly startX: number;
  readonly startY: number;
  x: number;
  y: number;
}

/** A finger that stays within this many pixels has not moved. */
const slop = 10;
const longPress = 500;
const tapTime = 300;
const doubleTapTime = 300;
const doubleTapDistance = 40;
/** Pixels of two fingers' motion that are one notch of the wheel. */
const pixelsPerNotch = 50;

type Phase = 'idle' | 'undecided' | 'moving' | 'dragging' | 'scrolling' | 'spent';

/**
 * Touch is direct: what a finger touches is what it acts on.
 *
 *   tap                     left click there
 *   hold                    right click there
 *   one finger moves        the pointer goes along, no button down
 *   tap, then hold and move drags with the left button
 *   two fingers move        scrolls
 *   two fingers tap         right click at the first
 */
export class Touch {
  private readonly fingers = new Map<number, Finger>();
  private readonly wheel = new Wheel(false);
  private phase: Phase = 'idle';
  private began = 0;
  private moved = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastTap: { x: number; y: number; time: number } | undefined;

  constructor(
    private readonly pointer: Pick<Pointer, 'at'>,
    private readonly sink: PointerSink,
    /** Told where the pointer goes, so that it can be drawn at once. */
    private readonly predicted: (at: Point) => void = () => {},
  ) {}

  start(event: TouchLike): void {
    const finger = { startX: event.clientX, startY: event.clientY, x: event.clientX, y: event.clientY };
    this.fingers.set(event.pointerId, finger);
    clearTimeout(this.timer);
    if (this.fingers.size === 1) {
      this.phase = 'undecided';
      this.began = event.timeStamp;
      this.moved = false;
      if (!this.follows(event)) this.timer = setTimeout(() => this.hold(finger), longPress);
    } else if (this.fingers.size === 2 && this.phase !== 'dragging') {
      this.phase = 'scrolling';
    }
  }

  move(event: TouchLike): void {
    const finger = this.fingers.get(event.pointerId);
    if (!finger) return;
    const dx = event.clientX - finger.x;
    const dy = event.clientY - finger.y;
    finger.x = event.clientX;
    finger.y = event.clientY;
    if (this.phase === 'undecided' && far(finger)) {
      clearTimeout(this.timer);
      this.moved = true;
      this.phase = 'moving';
      if (this.follows({ ...event, clientX: finger.startX, clientY: finger.startY, timeStamp: this.began })) {
        this.phase = 'dragging';
        this.button(1, true, finger.startX, finger.startY);
      }
    }
    if (this.phase === 'moving' || this.phase === 'dragging') this.go(finger);
    if (this.phase === 'scrolling') this.scroll(finger, dx, dy);
  }

  end(event: TouchLike): void {
    const finger = this.fingers.get(event.pointerId);
    if (!finger) return;
    clearTimeout(this.timer);
    this.fingers.delete(event.pointerId);
    const quick = event.timeStamp - this.began < tapTime && !this.moved;
    if (this.phase === 'undecided') {
      this.click(1, finger.startX, finger.startY);
      this.lastTap = { x: finger.startX, y: finger.startY, time: event.timeStamp };
    } else if (this.phase === 'dragging') {
      this.button(1, false, finger.x, finger.y);
      this.lastTap = undefined;
    } else if (this.phase === 'scrolling' && quick) {
      this.click(3, finger.startX, finger.startY);
    }
    // What remains of a gesture of two fingers does nothing more.
    this.phase = this.fingers.size > 0 ? 'spent' : 'idle';
  }

  /** Ends everything, for a caller that sends release. */
  forget(): void {
    clearTimeout(this.timer);
    this.fingers.clear();
    this.phase = 'idle';
    this.lastTap = undefined;
  }

  /** True when a touch comes right after a tap at the same place. */
  private follows(event: TouchLike): boolean {
    const tap = this.lastTap;
    return tap !== undefined && event.timeStamp - tap.time < doubleTapTime
      && Math.hypot(event.clientX - tap.x, event.clientY - tap.y) < doubleTapDistance;
  }

  private hold(finger: Finger): void {
    if (this.phase !== 'undecided') return;
    this.phase = 'spent';
    globalThis.navigator?.vibrate?.(15);
    this.click(3, finger.startX, finger.startY);
  }

  private scroll(finger: Finger, dx: number, dy: number): void {
    if (far(finger)) this.moved = true;
    // The picture follows the fingers, so the wheel turns the other way. Two
    // fingers move, and each brings half.
    const scale = -120 / pixelsPerNotch / Math.max(this.fingers.size, 1);
    const step = this.wheel.take(dx * scale, dy * scale);
    if (this.moved && (step.dx !== 0 || step.dy !== 0)) this.sink.wheel(step.dx, step.dy);
  }

  private go(finger: Finger): void {
    const at = this.pointer.at(finger.x, finger.y);
    if (!at) return;
    this.predicted(at);
    this.sink.move(at);
  }

  private click(button: number, x: number, y: number): void {
    this.button(button, true, x, y);
    this.button(button, false, x, y);
  }

  private button(button: number, down: boolean, x: number, y: number): void {
    const at = this.pointer.at(x, y);
    if (!at) return;
    this.predicted(at);
    this.sink.button(button, down, at);
  }
}

function far(finger: Finger): boolean {
  return Math.hypot(finger.x - finger.startX, finger.y - finger.startY) > slop;
}
