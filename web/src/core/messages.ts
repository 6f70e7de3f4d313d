// What the control channel carries: the section of that name in
// peer/signal/PROTOCOL.md. One row a message; a message that lacks what its
// row demands is ignored, as is what no row names.
import type { StreamFit } from './input/geometry';

/** A track of a stream; a size of 0 is not known, or sound. */
export interface TrackInfo {
  readonly kind: 'video' | 'audio';
  readonly width: number;
  readonly height: number;
}

/** A stream as its publisher tells of it. */
export interface StreamInfo {
  readonly id: number;
  readonly name: string;
  /** desktop, apps or frames. */
  readonly kind: string;
  /** What this viewer would get: bits of InputLevel. */
  readonly level: number;
  readonly tracks: readonly TrackInfo[];
}

/** A monitor of a publisher's display, and its place on it in pixels. */
export interface Monitor {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The longest text and the most tracks that are read. */
const maxText = 1024;
const maxTracks = 16;
const maxMonitors = 16;

/** Says of a reader that there is nothing it can read. */
const nothing = Symbol('nothing');
type Nothing = typeof nothing;
type Reader<T> = (value: unknown) => T | Nothing;
type Row = Readonly<Record<string, Reader<unknown>>>;

const id: Reader<number> = (v) => (Number.isInteger(v) && (v as number) >= 0 && (v as number) < 2 ** 32 ? (v as number) : nothing);
const optionalID: Reader<number | undefined> = (v) => (v === undefined || v === null ? undefined : id(v));
const level: Reader<number> = (v) => (v === undefined ? 0 : id(v));
const measure: Reader<number> = (v) => (typeof v === 'number' ? v : NaN);
const text: Reader<string> = (v) => (typeof v === 'string' ? v.slice(0, maxText) : '');
const label: Reader<string> = (v) => (typeof v === 'string' && v.length <= maxText ? v : nothing);
const flag: Reader<boolean> = (v) => v === true;
const fit: Reader<StreamFit> = (v) => (v === 'cover' || v === 'actual' ? v : 'contain');
const mode: Reader<'reliable' | 'unreliable'> = (v) => (v === 'reliable' || v === 'unreliable' ? v : nothing);
const stream: Reader<StreamInfo> = (v) => {
  const s = asObject(v);
  const number = id(s?.['id']);
  const granted = level(s?.['level']);
  if (!s || number === nothing || granted === nothing) return nothing;
  const tracks = Array.isArray(s['tracks']) ? s['tracks'].slice(0, maxTracks).flatMap(track) : [];
  return { id: number, name: said(s['name']), kind: said(s['kind']), level: granted, tracks };
};

const monitors: Reader<readonly Monitor[]> = (v) => (Array.isArray(v) ? v.slice(0, maxMonitors).flatMap(monitor) : []);

const rows = {
  hello: { version: measure, id: text, externalId: text },
  channel: { channel: id, label, mode },
  'channel-open': { channel: id },
  'channel-refuse': { channel: id, code: text, message: text },
  announce: { stream },
  withdraw: { stream: id, message: text },
  accept: { request: id, stream, level, input: optionalID, motion: optionalID },
  refuse: { request: id, code: text, message: text },
  end: { stream: id, message: text },
  level: { stream: id, level: id },
  size: { stream: id, width: measure, height: measure },
  status: { subject: text, ok: flag, message: text },
  stats: { stream: id, fps: measure, encodeMs: measure, bitrate: measure, target: measure, viewers: measure },
  request: { request: id, level, fit, metrics: flag },
  join: { request: id, stream: id, level, fit, metrics: flag },
  leave: { stream: id },
  announcements: {},
  viewport: { stream: id, width: measure, height: measure, refresh: measure },
  patches: { stream: id, channel: id },
  watch: { stream: id, on: flag },
  keyframe: { stream: id },
  shape: { stream: id, monitors, monitor: text, resizable: flag },
  monitor: { stream: id, name: text },
  fit: { stream: id, width: measure, height: measure },
} as const satisfies Readonly<Record<string, Row>>;

type Rows = typeof rows;

/** The messages by type. */
export type ControlMessages = {
  readonly [Type in keyof Rows]: { readonly [Field in keyof Rows[Type]]: Read<Rows[Type][Field]> };
};
type Read<R> = R extends Reader<infer T> ? Exclude<T, Nothing> : never;

/** A message that was read. */
export type ControlMessage = { [Type in keyof Rows]: { readonly type: Type; readonly message: ControlMessages[Type] } }[keyof Rows];

/** Reads a message; undefined for one to be ignored. */
export function readMessage(raw: Record<string, unknown>): ControlMessage | undefined {
  const type = raw['type'];
  if (typeof type !== 'string' || !Object.hasOwn(rows, type)) return undefined;
  const message: Record<string, unknown> = {};
  for (const [field, read] of Object.entries<Reader<unknown>>(rows[type as keyof Rows])) {
    const value = read(raw[field]);
    if (value === nothing) return undefined;
    message[field] = value;
  }
  return { type, message } as unknown as ControlMessage;
}

/** Reads a JSON object; undefined for anything else. */
export function parse(data: unknown): Record<string, unknown> | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    return asObject(JSON.parse(data));
  } catch {
    return undefined;
  }
}

export function asObject(value: unknown): Record<string, unknown> | undefined {
  const plain = typeof value === 'object' && value !== null && !Array.isArray(value);
  return plain ? (value as Record<string, unknown>) : undefined;
}

function track(value: unknown): TrackInfo[] {
  const t = asObject(value);
  const kind = t?.['kind'];
  if (!t || (kind !== 'video' && kind !== 'audio')) return [];
  return [{ kind, width: size(t['width']), height: size(t['height']) }];
}

function monitor(value: unknown): Monitor[] {
  const m = asObject(value);
  const name = said(m?.['name']);
  if (!m || !name) return [];
  return [{ name, x: size(m['x']), y: size(m['y']), width: size(m['width']), height: size(m['height']) }];
}

function size(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

function said(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, maxText) : '';
}
