export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Receives what the library has to say. Secrets and typed keys are never in it. */
export type Log = (level: LogLevel, message: string, detail?: unknown) => void;

/** Says nothing; the default. */
export const silent: Log = () => {};
