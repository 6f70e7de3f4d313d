import type { WatchedPeer } from '../core/index';
import { button, el } from './dom';
import { explain } from './texts';

/** Card tells, in the middle of the window, why there is no picture and what happens next. */
export class Card {
  readonly element = el('section', 'card');
  private readonly spinner = el('div', 'spinner');
  private readonly title = el('h1');
  private readonly advice = el('p', 'advice');
  private readonly countdown = el('p', 'countdown');
  private readonly retry: HTMLButtonElement;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly peer: WatchedPeer, private readonly hasToken: boolean) {
    this.retry = button('Try now', undefined, () => peer.retry());
    // The countdown is outside of what is read aloud, or it would be each second.
    const text = el('div', '', this.title, this.advice);
    text.setAttribute('role', 'status');
    this.element.append(this.spinner, text, this.countdown, this.retry);
    peer.addEventListener('connection-state-change', () => this.update());
    peer.stream.addEventListener('picture', () => this.update());
  }

  update(): void {
    const { peer } = this;
    const { state, error } = peer;
    clearInterval(this.timer);
    const hidden = state === 'connected' && peer.stream.hasPicture;
    this.element.hidden = hidden;
    if (hidden) return;
    this.element.dataset['state'] = state;
    this.spinner.hidden = state === 'failed';
    // Coming back early is what a throttled viewer must not do.
    this.retry.hidden = state !== 'disconnected' || error?.code === 'throttled';
    const text = error && state !== 'connected' ? explain(error, this.hasToken)
      : { title: state === 'connected' ? 'Waiting for the picture' : `Connecting to ${peer.id}`, advice: '' };
    set(this.title, text.title);
    set(this.advice, text.advice);
    this.tick();
    if (state === 'disconnected') this.timer = setInterval(() => this.tick(), 250);
  }

  private tick(): void {
    const { state, retryAt } = this.peer;
    const seconds = retryAt === undefined ? 0 : Math.ceil((retryAt - performance.now()) / 1000);
    // A count that is over at once would only flicker.
    this.countdown.textContent = state !== 'disconnected' ? '' : seconds > 1 ? `Next attempt in ${seconds} s` : 'Trying again…';
  }
}

/** Sets a text only when it changes, so that it is read aloud once. */
function set(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
