import type { StreamReport } from './stats';

/** How often the numbers are read, in ms. */
const interval = 1000;

/** Overlay is a line of numbers in the corner of a picture. */
export class Overlay {
  private readonly element = document.createElement('pre');
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly container: HTMLElement,
    private readonly read: () => Promise<StreamReport>,
  ) {
    Object.assign(this.element.style, {
      position: 'absolute', top: '0', right: '0', margin: '0', padding: '4px 8px', pointerEvents: 'none',
      font: '12px ui-monospace, monospace', color: '#fff', background: 'rgb(0 0 0 / 60%)',
    });
    this.element.className = 'causeway-stats';
  }

  show(on: boolean): void {
    clearInterval(this.timer);
    this.element.remove();
    if (!on) return;
    this.container.append(this.element);
    const update = async (): Promise<void> => { this.element.textContent = words(await this.read()); };
    void update();
    this.timer = setInterval(() => void update(), interval);
  }
}

function words(r: StreamReport): string {
  const number = (value: number, unit: string): string => `${Number.isFinite(value) ? value.toFixed(0) : '–'} ${unit}`;
  return [
    `${r.width || '–'}×${r.height || '–'} ${r.codec}`,
    number(r.fps, 'frames/s'),
    number(r.videoBitrate / 1000, 'kb/s'),
    number(r.roundTrip, 'ms there and back'),
    number(r.frameAge, 'ms old when shown'),
  ].join('\n');
}
