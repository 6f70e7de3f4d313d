// What browsers have and TypeScript's DOM library has not declared yet.
// Everything is optional: each use checks that it is there.

interface Navigator {
  readonly keyboard?: { lock(codes?: string[]): Promise<void>; unlock(): void };
  readonly userAgentData?: { readonly platform: string };
}

interface WheelEvent {
  readonly wheelDeltaX?: number;
  readonly wheelDeltaY?: number;
}
