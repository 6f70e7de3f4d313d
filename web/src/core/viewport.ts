import type { Size } from './input/geometry';

/** The size a picture is shown in, in device pixels, and its display's refresh rate in Hz; 0 is not known. */
export interface Viewport {
  readonly width: number;
  readonly height: number;
  readonly refresh: number;
}

const samples = 32;
/** What a display is taken for that shows no frames to measure: a page in the background. */
const usualRefresh = 60;
/** How long a window that is resized or moved settles before it is measured, and how often is looked whether it moved, in ms. */
const settleTime = 300;
const lookInterval = 2000;

/** Measures the display's refresh rate by the distance of animation frames. */
export function measureRefresh(): Promise<number> {
  return new Promise((resolve) => {
    const times: number[] = [];
    const giveUp = setTimeout(() => resolve(usualRefresh), 1500);
    const step = (time: number): void => {
      times.push(time);
      if (times.length <= samples) {
        requestAnimationFrame(step);
        return;
      }
      clearTimeout(giveUp);
      resolve(refreshOf(times));
    };
    requestAnimationFrame(step);
  });
}

/**
 * The refresh rate of animation frames at these times, in ms. A busy page
 * leaves frames out, so that gaps are multiples of the interval: the shortest
 * quarter begins with one, and the mean of those like it is the interval.
 */
export function refreshOf(times: readonly number[]): number {
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? time)).filter((gap) => gap > 0.5);
  gaps.sort((a, b) => a - b);
  const one = gaps[gaps.length >> 2];
  if (!one) return usualRefresh;
  const alike = gaps.filter((gap) => Math.abs(gap - one) < one / 5);
  const mean = alike.reduce((sum, gap) => sum + gap, 0) / alike.length;
  return Math.round(100_000 / mean) / 100;
}

/**
 * Watches the size that a picture is shown in within an element, and its
 * display, and reports both when they change.
 */
export class ViewportWatch {
  private refresh = 0;
  private told: Viewport | undefined;
  private place = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly observer = new ResizeObserver(() => this.settle());
  private readonly looking = setInterval(() => this.look(), lookInterval);

  constructor(
    element: Element,
    /** The size in CSS pixels. */
    private readonly shown: () => Size,
    private readonly report: (viewport: Viewport) => void,
  ) {
    this.observer.observe(element);
    document.addEventListener('visibilitychange', this.settle);
    void this.measure();
  }

  /** The picture may be shown in another size than before. */
  tell(): void {
    const { width, height } = this.shown();
    const scale = window.devicePixelRatio || 1;
    const viewport = { width: Math.round(width * scale), height: Math.round(height * scale), refresh: this.refresh };
    const { told } = this;
    if (width <= 0 || (told?.width === viewport.width && told.height === viewport.height && told.refresh === viewport.refresh)) return;
    this.told = viewport;
    this.report(viewport);
  }

  stop(): void {
    clearTimeout(this.timer);
    clearInterval(this.looking);
    this.observer.disconnect();
    document.removeEventListener('visibilitychange', this.settle);
  }

  private async measure(): Promise<void> {
    this.place = place();
    this.refresh = await measureRefresh();
    this.tell();
  }

  /** A window moved to another display, or in the midst of a resize, settles first. */
  private readonly settle = (): void => {
    clearTimeout(this.timer);
    if (this.refresh === 0) this.tell();
    // A page in the background has no refresh rate.
    else if (!document.hidden) this.timer = setTimeout(() => void this.measure(), settleTime);
  };

  /** There is no event for a window that moved. */
  private look(): void {
    if (place() !== this.place) this.settle();
  }
}

/** Where the window is, and how dense the display is there. */
function place(): string {
  return `${window.screenX} ${window.screenY} ${window.devicePixelRatio}`;
}
