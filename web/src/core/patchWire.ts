/** A rectangle of a picture, in its pixels. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What becomes of the pixels that are drawn over a video: first `clear`, then `draw`. See "Patches" in peer/signal/PROTOCOL.md. */
export interface Patch {
  /** The RTP timestamp of the frame that it is up to date with. */
  readonly timestamp: number;
  /** The whole picture's size; when it is not that of the patch before, all that was drawn is void. */
  readonly width: number;
  readonly height: number;
  readonly clear: readonly Rect[];
  readonly draw: readonly Rect[];
  /** The red, green and blue of `draw`, row by row of one rectangle after the other, in the form DEFLATE (RFC 1951). */
  readonly data: Uint8Array<ArrayBuffer>;
}

const headerSize = 12;
const rectSize = 8;
const maxRects = 1024;
const maxPixels = 1 << 17;
const maxSide = 1 << 14;

/** Reads a message of the channel `patches`; undefined for what is none. */
export function parsePatch(message: ArrayBuffer): Patch | undefined {
  if (message.byteLength < headerSize) return undefined;
  const view = new DataView(message);
  const [width, height, clears, draws] = [4, 6, 8, 10].map((at) => view.getUint16(at)) as [number, number, number, number];
  const data = headerSize + (clears + draws) * rectSize;
  if (width > maxSide || height > maxSide || clears > maxRects || draws > maxRects || message.byteLength < data) return undefined;
  const rects: Rect[] = [];
  for (let at = headerSize; at < data; at += rectSize) {
    const rect = { x: view.getUint16(at), y: view.getUint16(at + 2), width: view.getUint16(at + 4), height: view.getUint16(at + 6) };
    if (rect.width === 0 || rect.height === 0 || rect.x + rect.width > width || rect.y + rect.height > height) return undefined;
    rects.push(rect);
  }
  const draw = rects.slice(clears);
  if (pixels(draw) > maxPixels) return undefined;
  return { timestamp: view.getUint32(0), width, height, clear: rects.slice(0, clears), draw, data: new Uint8Array(message, data) };
}

/** How many pixels rectangles have together. */
export function pixels(rects: readonly Rect[]): number {
  return rects.reduce((sum, { width, height }) => sum + width * height, 0);
}

/** Unpacks the pixels of a patch: red, green and blue. Undefined for what is malformed. */
export async function unpack({ draw, data }: Patch): Promise<Uint8Array | undefined> {
  const size = 3 * pixels(draw);
  try {
    const reader = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
    const out = new Uint8Array(size);
    for (let at = 0; ;) {
      const { done, value } = await reader.read();
      if (done) return at === size ? out : undefined;
      if (at + value.length > size) {
        void reader.cancel();
        return undefined;
      }
      out.set(value, at);
      at += value.length;
    }
  } catch {
    return undefined;
  }
}
