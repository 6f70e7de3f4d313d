/**
 * What went wrong, one word each.
 *
 * Of a connection, from the host's `reject`: token (wrong or missing),
 * throttled (too many wrong tokens), codec (no codec in common), busy (too
 * many viewers), internal, rejected (by the application; its reason is the
 * message). From the server's refusal: absent (nobody has that id), denied,
 * taken (somebody has ours). Of our own: unreachable (no server), timeout (no
 * answer), network (the path broke), left (the other side ended it), closed
 * (we did), cancelled (the attempt was).
 *
 * Of streams and channels, from the other side: rejected, absent, busy, limit
 * (as many as there may be, or too much at once), taken (there is one of that
 * label), internal. Of channels: protocol (the other side broke the rules),
 * failed (a request; the other side's text is the message), timeout.
 *
 * Anywhere: unsupported, by the browser or by this library.
 */
export type ErrorCode =
  | 'token' | 'throttled' | 'codec' | 'busy' | 'internal' | 'rejected'
  | 'absent' | 'denied' | 'taken'
  | 'unreachable' | 'timeout' | 'network' | 'left' | 'closed' | 'cancelled'
  | 'limit' | 'protocol' | 'failed' | 'unsupported';

/** Every error of this library is one. */
export class CausewayError extends Error {
  override readonly name: string = 'CausewayError';

  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** Codes that trying again does not change. */
const final: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'token', 'codec', 'rejected', 'denied', 'unsupported', 'closed', 'cancelled',
]);

/** ConnectError says why a connection failed or ended. */
export class ConnectError extends CausewayError {
  override readonly name = 'ConnectError';

  constructor(
    code: ErrorCode,
    message: string,
    /** Milliseconds the host asks to wait before the next attempt. */
    readonly retryAfter = 0,
  ) {
    super(code, message);
  }

  /** True when another attempt would fail in the same way. */
  get final(): boolean {
    return final.has(this.code);
  }
}

/** What a host's `reject` may say. */
const rejections: readonly ErrorCode[] = ['token', 'throttled', 'codec', 'busy', 'internal', 'rejected'];
/** What a control channel's `refuse` and `channel-refuse` may say. */
const refusals: readonly ErrorCode[] = ['rejected', 'absent', 'busy', 'limit', 'taken', 'internal'];

/** Makes an error of a `reject` message's data, trusting nothing about it. */
export function rejection(data: unknown): ConnectError {
  const { code, message, retryAfter } = (data ?? {}) as { code?: unknown; message?: unknown; retryAfter?: unknown };
  return new ConnectError(
    oneOf(rejections, code),
    typeof message === 'string' ? message : 'the host refused',
    typeof retryAfter === 'number' && retryAfter > 0 ? Math.min(retryAfter, 3600) * 1000 : 0,
  );
}

/** Makes an error of a code and a text that the other side sent over `control`. */
export function refusal(code: string, message: string): CausewayError {
  return new CausewayError(oneOf(refusals, code), message || 'the other side refused');
}

function oneOf(codes: readonly ErrorCode[], code: unknown): ErrorCode {
  return codes.find((known) => known === code) ?? 'internal';
}
