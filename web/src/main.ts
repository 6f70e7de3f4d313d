import {
  connect, consoleLog, type Connection, type InboundStream, type PeerState, type StreamReport, type WatchedPeer,
} from './core/index';
import { Page } from './ui/page';

/** What the page offers to scripts as `window.causeway`; tests read it. */
export interface Causeway {
  readonly connection: Connection;
  readonly peer: WatchedPeer;
  readonly stream: InboundStream;
  readonly state: PeerState;
  /** The code of the error that state tells of, or "". */
  readonly error: string;
  stats(): Promise<StreamReport>;
}

declare global {
  interface Window {
    causeway?: Causeway;
  }
}

const host = document.querySelector<HTMLMetaElement>('meta[name="causeway-host"]')?.content || 'desk';
// The token stays in the fragment, which no server ever sees, so that a
// reload finds it again.
const fragment = new URLSearchParams(location.hash.slice(1));
const token = fragment.get('token') ?? '';

const connection = connect({ sound: location.origin, log: consoleLog('info') });
const peer = connection.call(host, { token, watch: true });
const { stream } = peer;

window.causeway = {
  connection,
  peer,
  stream,
  get state() { return peer.state; },
  get error() { return peer.error?.code ?? ''; },
  stats: () => stream.getReport(),
};

new Page(peer, { hasToken: token !== '', bare: fragment.has('bare') });

addEventListener('pagehide', () => connection.close());
// Another token typed into the address bar does not load the page anew.
addEventListener('hashchange', () => location.reload());
// A page from the browser's back-forward cache comes back without its connection.
addEventListener('pageshow', (event) => event.persisted && location.reload());
