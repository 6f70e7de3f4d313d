import type { Point } from '../wire';
import { locate, type Box, type Size } from './geometry';

/** What a pointer sends to: see InputSender. */
export interface PointerSink {
  move(at: Point): void;
  motion(dx: number, dy: number): void;
  button(button: number, down: boolean, at?: Point): void;
  wheel(dx: number, dy: number): void;
}

/** Where the picture is on the page. */
export interface Surface {
  /** The picture's box in CSS pixels of the viewport. */
  content(): Box;
  /** The desktop's size in its own pixels; zero before the first frame. */
  picture(): Size;
}

/** The part of a PointerEvent that decides what is sent. */
export interface PointerLike {
  readonly type: string;
  readonly clientX: number;
  readonly clientY: number;
  readonly movementX: number;
  readonly movementY: number;
  readonly buttons: number;
}

/** The bits of PointerEvent.buttons and the numbers of the wire. */
const numbers: readonly (readonly [bit: number, button: number])[] = [[1, 1], [2, 3], [4, 2], [8, 8], [16, 9]];

/**
 * Pointer turns a mouse's or pen's events into motion and buttons. Buttons
 * come from the set that each event reports, as browsers give no event of
 * its own to a second button while a first is down.
 */
export class Pointer {
  /** True while the page has the pointer locked: motion is relative then. */
  locked = false;
  private held = 0;
  private last: Point | undefined;

  constructor(
    private readonly surface: Surface,
    private readonly sink: PointerSink,
    /**
     * The event whose movement counts while locked. A browser that sends
     * pointerrawupdate tells the same movement again in pointermove.
     */
    private readonly motionEvent: 'pointerrawupdate' | 'pointermove' = 'pointermove',
  ) {}

  /** Handles pointerdown, pointermove, pointerrawupdate and pointerup. */
  handle(event: PointerLike): void {
    if (this.locked) {
      const moved = event.movementX !== 0 || event.movementY !== 0;
      if (moved && event.type === this.motionEvent) this.sink.motion(event.movementX, event.movementY);
      this.press(event, undefined);
      return;
    }
    const at = this.at(event.clientX, event.clientY);
    if (!at) return;
    // A button carries its own position, which spares the motion before it.
    if (!this.press(event, at) && (at.x !== this.last?.x || at.y !== this.last.y)) this.sink.move(at);
    this.last = at;
  }

  /** The wire position of a point of the page; undefined while there is no picture. */
  at(x: number, y: number): Point | undefined {
    const picture = this.surface.picture();
    if (picture.width === 0 || picture.height === 0) return undefined;
    return locate(x, y, this.surface.content(), picture);
  }

  /** Where the pointer was last, by what it sent. */
  get position(): Point | undefined {
    return this.last;
  }

  /** Forgets what is down, for a caller that sends release. */
  forget(): void {
    this.held = 0;
    this.last = undefined;
  }

  /** Sends the buttons that changed. Returns true when there was one. */
  private press(event: PointerLike, at: Point | undefined): boolean {
    // A press that began elsewhere and was dragged here is not ours.
    const began = this.held !== 0 || event.type === 'pointerdown';
    let changed = false;
    for (const [bit, button] of numbers) {
      const down = (event.buttons & bit) !== 0;
      if (down === ((this.held & bit) !== 0) || (down && !began)) continue;
      this.held ^= bit;
      this.sink.button(button, down, at);
      changed = true;
    }
    return changed;
  }
}
