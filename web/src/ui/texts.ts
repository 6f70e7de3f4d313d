import type { ConnectError, ErrorCode } from '../core/index';

export interface Text {
  readonly title: string;
  readonly advice: string;
}

const internal: Text = { title: 'The host could not connect', advice: 'Its log says more.' };
const whereTheAddressIs = 'Open the address that the host printed when it started. It ends in “#token=…”.';

/** Why there may be no connection, beside `internal`, which is for all that has no row. */
const texts: Readonly<Partial<Record<ErrorCode, Text>>> = {
  token: { title: 'This address is not valid', advice: `The host did not accept its token. ${whereTheAddressIs}` },
  throttled: { title: 'Too many attempts', advice: 'Somebody tried too many wrong tokens, so the host asks to wait.' },
  codec: {
    title: 'This browser cannot show the picture',
    advice: 'It plays none of the video formats the host offers. Another browser, or another codec at the host, will help.',
  },
  busy: { title: 'The host is busy', advice: 'It has as many viewers as it allows.' },
  rejected: { title: 'The host said no', advice: 'The person or program there did not accept the connection.' },
  absent: { title: 'The host is not there', advice: 'It may be switched off or restarting.' },
  denied: { title: 'The server refused', advice: 'This page may not reach that host.' },
  unsupported: {
    title: 'This browser has no WebRTC',
    advice: 'It may be switched off by a setting or an extension. Current versions of Chrome, Edge, Firefox and Safari have it.',
  },
  unreachable: { title: 'The host cannot be reached', advice: 'It may be switched off or restarting, or the network is down.' },
  timeout: {
    title: 'The host does not answer',
    advice: 'Its page is there, but no direct path to it is. A firewall may be blocking UDP.',
  },
  network: { title: 'Connection lost', advice: 'The network path to the host broke.' },
  left: { title: 'Connection lost', advice: 'The host ended the connection.' },
  closed: { title: 'Disconnected', advice: 'You closed the connection.' },
};

/** What to tell a person about an error. */
export function explain(error: ConnectError, hasToken: boolean): Text {
  if (error.code === 'token' && !hasToken) {
    return { title: 'This address is incomplete', advice: `The token is missing from it. ${whereTheAddressIs}` };
  }
  if (error.code === 'internal' && error.message) {
    return { title: internal.title, advice: `It says: “${error.message}”` };
  }
  return texts[error.code] ?? internal;
}

/** What the browser withholds from a page that came over plain HTTP; empty when all is well. */
export function shortcomings(): string {
  if (window.isSecureContext) return '';
  return 'This page came over plain HTTP, so the browser withholds the clipboard, keyboard lock in full screen ' +
    'and precise mouse motion. Everything else works.';
}
