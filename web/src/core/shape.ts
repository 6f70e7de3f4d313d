import type { Size } from './input/geometry';
import type { Monitor } from './messages';

/** What a stream's picture can become. */
export interface Shape {
  /** The monitors to choose from. */
  readonly monitors: readonly Monitor[];
  /** The name of the one that is shown; "" for all of them. */
  readonly monitor: string;
  /** Whether the host's display can take the viewer's size. */
  readonly resizable: boolean;
}

/** How long, in ms, an element that is resized settles before a display follows it. */
const settleTime = 300;

/** SizeFollower tells the size of an element in device pixels, when it has settled, while it is on. */
export class SizeFollower {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private following = false;
  private readonly observer = new ResizeObserver(() => this.settle());

  constructor(private readonly element: Element, private readonly tell: (size: Size) => void) {
    window.addEventListener('resize', this.settle); // the density of the display may be another
  }

  get on(): boolean {
    return this.following;
  }

  set on(on: boolean) {
    if (on === this.following) return;
    this.following = on;
    clearTimeout(this.timer);
    if (on) {
      this.observer.observe(this.element);
      this.again();
    } else {
      this.observer.disconnect();
      this.tell({ width: 0, height: 0 });
    }
  }

  /** Tells the size once more: the host may have forgotten it. */
  again(): void {
    if (!this.following) return;
    const { width, height } = this.element.getBoundingClientRect();
    const scale = window.devicePixelRatio || 1;
    if (width > 0 && height > 0) this.tell({ width: Math.round(width * scale), height: Math.round(height * scale) });
  }

  stop(): void {
    this.following = false;
    clearTimeout(this.timer);
    this.observer.disconnect();
    window.removeEventListener('resize', this.settle);
  }

  private readonly settle = (): void => {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.again(), settleTime);
  };
}
