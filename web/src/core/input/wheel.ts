/** The part of a WheelEvent that decides what is sent. */
export interface WheelLike {
  readonly deltaX: number;
  readonly deltaY: number;
  readonly deltaMode: number;
  readonly wheelDeltaX?: number;
  readonly wheelDeltaY?: number;
  readonly shiftKey: boolean;
}

/** 1/120 of a notch in a line and a page; three lines are a notch. */
const perLine = 40;
const perPage = 360;
/** Chromium scrolls 100 pixels a notch on most systems. */
const perPixel = 120 / 100;

/**
 * Wheel sums scrolling into 1/120 of a notch, as mice, touch pads and
 * browsers report it in units of their own. Fractions are kept for the next
 * event, so that a slow touch pad still arrives.
 */
export class Wheel {
  private restX = 0;
  private restY = 0;

  constructor(private readonly swapsWithShift: boolean) {}

  /** Adds an event and returns the whole steps that are due. */
  add(event: WheelLike): { dx: number; dy: number } {
    let dx = steps(event.deltaX, event.deltaMode, event.wheelDeltaX);
    let dy = steps(event.deltaY, event.deltaMode, event.wheelDeltaY);
    // Browsers turn Shift+wheel into horizontal scrolling. The host gets the
    // Shift key as well and would do that a second time.
    if (this.swapsWithShift && event.shiftKey && dy === 0) [dx, dy] = [0, dx];
    return this.take(dx, dy);
  }

  /** Adds steps that were computed elsewhere. */
  take(dx: number, dy: number): { dx: number; dy: number } {
    this.restX += dx;
    this.restY += dy;
    const whole = { dx: whole16(this.restX), dy: whole16(this.restY) };
    this.restX -= whole.dx;
    this.restY -= whole.dy;
    return whole;
  }
}

/** One axis of an event, in 1/120 of a notch. */
export function steps(delta: number, mode: number, wheelDelta = 0): number {
  if (delta === 0) return 0;
  if (mode === 1) return delta * perLine;
  if (mode === 2) return delta * perPage;
  // A mouse's notches are exact in the old property, whatever the page's
  // zoom and the system's lines per notch made of the pixels. Touch pads
  // report three times their pixels there.
  const mouse = wheelDelta % 120 === 0 && Math.abs(wheelDelta) !== 3 * Math.abs(delta);
  if (wheelDelta !== 0 && mouse) return -wheelDelta;
  if (delta % 120 === 0) return delta;
  return delta * perPixel;
}

function whole16(value: number): number {
  // "+ 0" makes -0 an ordinary zero.
  return Math.min(Math.max(Math.trunc(value), -32767), 32767) + 0;
}
