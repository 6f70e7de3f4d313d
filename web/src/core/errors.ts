/**
 * Why there is no connection. The first five are codes of the host's
 * `reject`, the next two of the server's refusal; the rest are the browser's.
 */
export type ConnectCode =
  | 'token' | 'throttled' | 'codec' | 'busy' | 'internal'
  | 'absent' | 'denied'
  | 'unsupported' | 'unreachable' | 'timeout' | 'network' | 'left' | 'closed';

/** Codes that trying again does not change. */
const final: ReadonlySet<ConnectCode> = new Set<ConnectCode>(['token', 'codec', 'denied', 'unsupported', 'closed']);

/** ConnectError says why a connection failed or ended. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';

  constructor(
    readonly code: ConnectCode,
    message: string,
    /** Milliseconds the host asks to wait before the next attempt. */
    readonly retryAfter = 0,
  ) {
    super(message);
  }

  /** True when another attempt would fail in the same way. */
  get final(): boolean {
    return final.has(this.code);
  }
}

/** Makes an error of a `reject` message's data, trusting nothing about it. */
export function rejection(data: unknown): ConnectError {
  const { code, message, retryAfter } = (data ?? {}) as { code?: unknown; message?: unknown; retryAfter?: unknown };
  const known: readonly string[] = ['token', 'throttled', 'codec', 'busy', 'internal'];
  return new ConnectError(
    typeof code === 'string' && known.includes(code) ? (code as ConnectCode) : 'internal',
    typeof message === 'string' ? message : 'the host refused',
    typeof retryAfter === 'number' && retryAfter > 0 ? retryAfter * 1000 : 0,
  );
}
