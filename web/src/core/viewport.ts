/** The size of the viewer's picture in device pixels, and its display's refresh rate in Hz. */
export interface Viewport {
  readonly width: number;
  readonly height: number;
  readonly refresh: number;
}

const samples = 24;
/** What a display is taken for that shows no frames to measure: a page in the background. */
const usualRefresh = 60;

/** Measures the display's refresh rate: the median distance of animation frames. */
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

/** The refresh rate of animation frames at these times, in ms. */
export function refreshOf(times: readonly number[]): number {
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? time)).filter((gap) => gap > 0.5);
  gaps.sort((a, b) => a - b);
  const median = gaps[gaps.length >> 1];
  return median ? Math.round(100_000 / median) / 100 : usualRefresh;
}

/**
 * Watches an element's size and its display, and reports both whenever they
 * change, until the returned function is called.
 */
export function watchViewport(element: Element, report: (viewport: Viewport) => void): () => void {
  let refresh = 0;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    const { width, height } = element.getBoundingClientRect();
    if (stopped || refresh === 0 || width === 0) return;
    const scale = window.devicePixelRatio || 1;
    report({ width: Math.round(width * scale), height: Math.round(height * scale), refresh });
  };
  const measure = async (): Promise<void> => {
    refresh = await measureRefresh();
    tell();
  };
  // A window moved to another display, or in the midst of a resize, settles first.
  const settle = (): void => {
    clearTimeout(timer);
    // A page in the background has no refresh rate.
    if (!document.hidden) timer = setTimeout(() => void measure(), 300);
  };
  const observer = new ResizeObserver(() => (refresh === 0 ? undefined : settle()));
  observer.observe(element);
  document.addEventListener('visibilitychange', settle);
  void measure();
  return () => {
    stopped = true;
    clearTimeout(timer);
    observer.disconnect();
    document.removeEventListener('visibilitychange', settle);
  };
}
