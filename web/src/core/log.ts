export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Receives what the library has to say. Secrets and typed keys are never in it. */
export type Log = (level: LogLevel, message: string, detail?: unknown) => void;

/** Says nothing; the default. */
export const silent: Log = () => {};

const order: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** A log that writes to the console what is as grave as a level, or graver. */
export function consoleLog(least: LogLevel = 'info'): Log {
  return (level, message, detail) => {
    if (order.indexOf(level) > order.indexOf(least)) return;
    console[level](`causeway: ${message}`, ...(detail === undefined ? [] : [String(detail)]));
  };
}
