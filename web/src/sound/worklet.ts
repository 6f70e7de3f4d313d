// The end of the sound's way: runs on the browser's audio thread.
import { Playout } from './playout';

declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}
declare function registerProcessor(name: string, make: new () => AudioWorkletProcessor): void;

/** What the worker sends for each packet. */
export interface Packet {
  readonly planes: Float32Array[];
  readonly follows: boolean;
}

class Speaker extends AudioWorkletProcessor {
  private readonly playout = new Playout(2);

  constructor() {
    super();
    // One port for each connection's worker; a question is answered with how we fare.
    this.port.onmessage = ({ data }: MessageEvent<MessagePort | undefined>) => {
      if (data) data.onmessage = (event: MessageEvent<Packet>) => this.playout.push(event.data.planes, event.data.follows);
      else this.port.postMessage({ delay: this.playout.delay, late: this.playout.late });
    };
  }

  override process(_: Float32Array[][], [output]: Float32Array[][]): boolean {
    if (output) this.playout.pull(output);
    return true;
  }
}

registerProcessor('causeway-speaker', Speaker);
