/** Adds stereo=1 to the parameters of Opus. */
export function withStereo(sdp: string): string {
  const payload = /^a=rtpmap:(\d+) opus\//im.exec(sdp)?.[1];
  if (!payload) return sdp;
  return sdp.replace(new RegExp(`^(a=fmtp:${payload} (?!.*stereo=1).*?)\\r?$`, 'm'), '$1;stereo=1\r');
}

const surround = /^a=rtpmap:(\d+) multiopus\/48000\/6\r?$/im;

/** Whether a description has 5.1 in it. */
export function offersSurround(sdp: string): boolean {
  return surround.test(sdp);
}

/**
 * Takes the 5.1 that the other side offers, before all else. Chromium decodes
 * it and never says so.
 */
export function withSurround(sdp: string, offer: string): string {
  const offered = offer.split(/^(?=m=)/m);
  return sdp.split(/^(?=m=)/m).map((section, i) => {
    const lines = offered[i] ?? '';
    const payload = surround.exec(lines)?.[1];
    const refused = section.startsWith('m=audio 0 ');
    if (!payload || refused || section.includes(`a=rtpmap:${payload} `)) return section;
    const form = lines.match(new RegExp(`^a=(?:rtpmap|fmtp):${payload} .*$`, 'gm')) ?? [];
    const first = section.replace(/^(m=audio \d+ \S+)/, `$1 ${payload}`);
    return first + form.map((line) => `${line.trimEnd()}\r\n`).join('');
  }).join('');
}
