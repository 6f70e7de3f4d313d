import type { Point } from '../wire';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** contain: all of the picture. cover: no edge around it. actual: one CSS pixel for each of its own. */
export type StreamFit = 'contain' | 'cover' | 'actual';
export const StreamFit = { Contain: 'contain', Cover: 'cover', Actual: 'actual' } as const;

/** The box of a picture inside its element, which it may exceed. */
export function contentBox(element: Box, picture: Size, fit: StreamFit = 'contain'): Box {
  if (picture.width <= 0 || picture.height <= 0) return element;
  const scales = [element.width / picture.width, element.height / picture.height] as const;
  const scale = fit === 'contain' ? Math.min(...scales) : fit === 'cover' ? Math.max(...scales) : 1;
  const width = picture.width * scale;
  const height = picture.height * scale;
  return {
    left: element.left + (element.width - width) / 2,
    top: element.top + (element.height - height) / 2,
    width,
    height,
  };
}

/** Pixel p of n as a fraction of the wire: 0 is the centre of the first, 65535 that of the last. */
export function fraction(pixel: number, count: number): number {
  if (count <= 1) return 0;
  const p = Math.min(Math.max(pixel, 0), count - 1);
  return Math.round((p * 65535) / (count - 1));
}

/** The pixel a fraction of the wire names. */
export function pixel(value: number, count: number): number {
  return Math.round((value * (count - 1)) / 65535);
}

/**
 * The wire position of a point of the page. It names the pixel under the
 * point, clamped to the picture, so that a drag may leave it.
 */
export function locate(x: number, y: number, box: Box, picture: Size): Point {
  return {
    x: fraction(under(x - box.left, box.width, picture.width), picture.width),
    y: fraction(under(y - box.top, box.height, picture.height), picture.height),
  };
}

/** Where on the page a wire position is: the corner of its pixel. */
export function place(at: Point, box: Box, picture: Size): Point {
  return {
    x: box.left + (pixel(at.x, picture.width) * box.width) / picture.width,
    y: box.top + (pixel(at.y, picture.height) * box.height) / picture.height,
  };
}

/** The pixel under an offset. The small addend keeps 1:1 exact at fractional device pixel ratios. */
function under(offset: number, length: number, count: number): number {
  return Math.floor((offset * count) / length + 1e-6);
}
