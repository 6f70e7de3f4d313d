/** What a viewer may do: the bits of `level` in peer/signal/PROTOCOL.md. */
export const InputLevel = {
  None: 0, Mouse: 1, Keyboard: 2, Gamepad: 4, Touch: 8, Clipboard: 16, Microphone: 32,
  /** Mouse, keyboard and gamepad. */
  All: 7,
} as const;
/** A set of InputLevel's bits. */
export type InputLevel = number;
