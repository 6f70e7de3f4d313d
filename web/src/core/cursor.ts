import { place } from './input/geometry';
import type { Surface } from './input/pointer';
import { after, type Point, type PointerPosition, type PointerShape } from './wire';

/** For this long, in ms, after the viewer moved, positions from the host are echoes of it. */
const echoTime = 400;

/** Positions this close, on the wire's scale, are the same place but for rounding. */
const nearby = 200;

/** On a phone the picture is small; the pointer is drawn no smaller than this part of its size. */
const minScale = 0.7;

/**
 * Cursor draws the host's pointer on the viewer's side, so that it never
 * waits for video. While the viewer's own mouse is over the picture the
 * browser draws it, as a CSS cursor of the host's shape. Otherwise (a touch,
 * a locked pointer, somebody else at the host) an image over the picture
 * shows where it is.
 */
export class Cursor {
  private readonly image = document.createElement('img');
  private hot: Point = { x: 0, y: 0 };
  private position: Point | undefined;
  private own: Point | undefined;
  private visible = true;
  private seq: number | undefined;
  private hovering = false;
  private locked = false;
  private movedAt = -Infinity;
  private url = '';
  /** Shapes and positions received. */
  received = 0;

  constructor(
    private readonly container: HTMLElement,
    private readonly surface: Surface,
  ) {
    this.image.alt = '';
    Object.assign(this.image.style, {
      position: 'absolute', left: '0', top: '0', pointerEvents: 'none', transformOrigin: '0 0', display: 'none',
    });
    container.append(this.image);
  }

  /** Takes a shape or a position from the host. */
  receive(message: PointerShape | PointerPosition): void {
    this.received++;
    if (message.kind === 'shape') {
      this.hot = message;
      this.url = message.png.length > 0 ? dataURL(message.png) : '';
      this.image.src = this.url || emptyImage;
    } else {
      if (this.seq !== undefined && !after(message.seq, this.seq)) return;
      this.seq = message.seq;
      this.visible = message.visible;
      this.position = message;
    }
    this.draw();
  }

  /** Begins anew with a new connection. */
  reset(): void {
    this.seq = undefined;
    this.position = undefined;
    this.visible = true;
    this.url = '';
    this.draw();
  }

  /** The viewer's mouse came over the picture, or left it. */
  hover(over: boolean): void {
    this.hovering = over;
    this.draw();
  }

  /** The viewer's mouse moved to a position. */
  moved(at: Point): void {
    this.movedAt = performance.now();
    this.own = at;
    this.position = at;
    if (this.image.style.display !== 'none' && !this.locked) this.draw();
  }

  /** A touch puts the pointer at a position: it is drawn there before the host says so. */
  predict(at: Point): void {
    this.position = at;
    this.hovering = false;
    this.draw();
  }

  lock(locked: boolean): void {
    this.locked = locked;
    this.draw();
  }

  /** Draws again after the picture changed its size or place. */
  draw(): void {
    const hidden = !this.visible;
    this.container.style.cursor = hidden ? 'none' : this.url ? `url("${this.url}") ${this.hot.x} ${this.hot.y}, default` : 'default';
    const drawnByBrowser = this.hovering && !this.locked && !this.elsewhere();
    const show = !hidden && this.url !== '' && this.position !== undefined && !drawnByBrowser;
    this.image.style.display = show ? 'block' : 'none';
    if (show && this.position) this.put(this.position);
  }

  /** True when somebody else, or a program, moved the host's pointer away from the viewer's. */
  private elsewhere(): boolean {
    if (!this.own || !this.position || performance.now() - this.movedAt < echoTime) return false;
    return Math.abs(this.own.x - this.position.x) + Math.abs(this.own.y - this.position.y) > nearby;
  }

  private put(at: Point): void {
    const picture = this.surface.picture();
    const outer = this.container.getBoundingClientRect();
    const box = this.surface.content();
    const point = place(at, box, picture);
    const scale = picture.width > 0 ? Math.max(box.width / picture.width, minScale) : 1;
    const x = point.x - outer.left - this.hot.x * scale;
    const y = point.y - outer.top - this.hot.y * scale;
    this.image.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
  }
}

/** One transparent pixel. */
const emptyImage = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';

/** A data URL needs no revoking, which a CSS cursor would race with. */
function dataURL(png: Uint8Array): string {
  let binary = '';
  for (const byte of png) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}
