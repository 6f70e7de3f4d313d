import type { ShownFrame } from '../core/index';

/** The graph's width in time and height in latency, in ms. */
const span = 4000;
const least = 40;

/** Graph draws the age of each frame shown of late: one bar a frame, time running to the left. */
export class Graph {
  readonly element = document.createElement('canvas');

  constructor() {
    this.element.setAttribute('role', 'img');
    this.element.setAttribute('aria-label', 'Latency of the last frames');
  }

  draw(frames: readonly ShownFrame[]): void {
    const scale = window.devicePixelRatio || 1;
    const width = Math.round(this.element.clientWidth * scale);
    const height = Math.round(this.element.clientHeight * scale);
    if (this.element.width !== width) this.element.width = width;
    if (this.element.height !== height) this.element.height = height;
    const context = this.element.getContext('2d');
    if (!context || width === 0) return;
    const now = performance.now();
    const seen = frames.filter((frame) => now - frame.at < span && frame.age >= 0);
    const top = Math.max(least, ...seen.map((frame) => frame.age * 1.3));
    context.clearRect(0, 0, width, height);
    this.drawLines(context, width, height, top, scale);
    for (const { at, age } of seen) {
      const x = width - ((now - at) / span) * width;
      const tall = (age / top) * height;
      context.fillStyle = age < 25 ? '#5fd08a' : age < 60 ? '#e8c15a' : '#ef7a6a';
      context.fillRect(Math.floor(x), height - tall, Math.max(1, Math.floor(scale)), tall);
    }
  }

  private drawLines(context: CanvasRenderingContext2D, width: number, height: number, top: number, scale: number): void {
    const step = [10, 20, 50, 100, 200, 500, 1000].find((s) => top / s <= 3) ?? top / 2;
    context.font = `${9 * scale}px system-ui, sans-serif`;
    for (let value = step; value < top; value += step) {
      const y = Math.round(height - (value / top) * height);
      context.fillStyle = 'rgb(255 255 255 / 12%)';
      context.fillRect(0, y, width, 1);
      context.fillStyle = 'rgb(255 255 255 / 45%)';
      context.fillText(String(Math.round(value)), 2 * scale, y - 2 * scale);
    }
  }
}
