import { Microphone, type WatchedPeer } from '../core/index';
import { Banner } from './banner';
import { Card } from './card';
import { button, el } from './dom';
import { StatsPanel } from './statsPanel';
import { shortcomings } from './texts';
import { Toolbar } from './toolbar';

/** How long, in ms, a message stays that says nothing urgent. */
const readingTime = 15_000;

export interface PageOptions {
  /** The address had a token. */
  readonly hasToken: boolean;
  /** Show the picture without a toolbar over it. */
  readonly bare: boolean;
}

/** Page puts a host's stream into the window, with the toolbar, messages and statistics around it. */
export class Page {
  private readonly stage = el('main', 'stage');
  private readonly banner = new Banner();
  private readonly toolbar: Toolbar;
  private readonly stats: StatsPanel;
  private readonly microphone: Microphone;

  constructor(private readonly peer: WatchedPeer, { hasToken, bare }: PageOptions) {
    const { stream } = peer;
    this.stats = new StatsPanel(peer, (shown) => this.toolbar.markStats(shown));
    this.microphone = new Microphone(peer);
    this.toolbar = new Toolbar(peer, this.microphone, {
      fullscreen: () => void this.toggleFullscreen(),
      game: () => void this.toggleGame(),
      sound: () => (stream.sound === 'on' ? stream.muteAudio() : void stream.resumeAudio()),
      microphone: () => void this.toggleMicrophone(),
      keyboard: () => stream.devices.showKeyboard(!stream.devices.keyboardShown),
      fit: () => this.toggleFit(),
      stats: () => this.stats.toggle(),
    });
    const card = new Card(peer, hasToken);
    stream.fullscreenTarget = this.stage;
    this.stage.append(stream.container, card.element, this.banner.element, this.stats.element, this.toolbar.element);
    this.toolbar.element.hidden = bare;
    document.body.replaceChildren(this.stage);
    card.update();
    this.listen();
    this.update();
    this.banner.show('insecure', shortcomings());
    setTimeout(() => this.banner.show('insecure', ''), readingTime);
    stream.devices.focus();
  }

  private listen(): void {
    const { peer } = this;
    peer.addEventListener('connection-state-change', () => this.update());
    peer.stream.addEventListener('picture', () => this.update());
    peer.stream.on('permissions-change', (level) => this.banner.show('level', level === 0 ? 'You are watching only.' : ''));
    peer.on('status', ({ subject, ok, message }) => this.banner.show(`status-${subject}`, ok ? '' : message));
    peer.stream.on('sound', (sound) => this.offerSound(sound === 'blocked'));
    document.addEventListener('fullscreenchange', () => document.fullscreenElement ?? navigator.keyboard?.unlock());
    // Ahead of the stream's own listeners, which would send the keys to the host.
    window.addEventListener('keydown', (event) => this.shortcut(event), true);
  }

  private shortcut(event: KeyboardEvent): void {
    const leaving = event.key === 'Escape' && this.toolbar.element.contains(document.activeElement);
    if (leaving) this.peer.stream.devices.focus();
    else if (event.ctrlKey && event.altKey && event.shiftKey && event.code === 'KeyS') this.stats.toggle();
    else if (event.ctrlKey && event.altKey && event.shiftKey && event.code === 'KeyT') this.toolbar.focus();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  private update(): void {
    const { state, id, stream } = this.peer;
    this.stage.dataset['state'] = state;
    // An old picture pales; before the first there is none.
    this.stage.classList.toggle('stale', !stream.hasPicture && stream.video.videoWidth > 0);
    const words = { new: 'Connecting', connecting: 'Connecting', connected: '', disconnected: 'Lost', failed: 'Failed' };
    document.title = [words[state], id, 'Causeway'].filter(Boolean).join(' – ');
    this.toolbar.update();
  }

  private offerSound(blocked: boolean): void {
    const action = button('Turn sound on', undefined, () => void this.peer.stream.resumeAudio());
    this.banner.show('sound', blocked ? 'The browser holds the sound back until you click.' : '', action);
  }

  private toggleFit(): void {
    this.peer.stream.followsSize = !this.peer.stream.followsSize;
    this.toolbar.update();
  }

  private async toggleFullscreen(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.try('full screen', () => this.peer.stream.requestFullscreen());
  }

  private async toggleMicrophone(): Promise<void> {
    if (this.microphone.active) this.microphone.turnOff();
    else await this.try('the microphone', () => this.microphone.turnOn());
  }

  private async toggleGame(): Promise<void> {
    const { devices } = this.peer.stream;
    if (devices.locked) devices.unlockPointer();
    else await this.try('a locked pointer', () => devices.lockPointer());
    devices.focus();
  }

  private async try(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
      this.banner.show('refused', '');
    } catch {
      this.banner.show('refused', `This browser refused ${what}.`);
    }
  }
}
