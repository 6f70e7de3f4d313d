// What a program that uses the package may write; the test checks its types.
import causeway, {
  connect, ConnectError, DataChannelMode, InputLevel, InputType, KeyboardAction, PeerState, StreamFit,
  type InboundStream, type OutboundStream, type Peer,
} from '@causeway-rtc/causeway';

export async function watch(token: string): Promise<InboundStream> {
  const connection = connect({ url: 'wss://desk.example/ws', externalId: 'Ada' });
  const peer: Peer = await connection.connect('desk', { token, metadata: { colour: 'red' } });
  const channel = await peer.createDataChannel({ id: 'chat', mode: DataChannelMode.Reliable });
  channel.on('message', (m) => (m.type === 'request' ? m.respond(m.data) : console.log(m.asString)));
  const stream = await peer.createStream({ permissions: InputLevel.All, streamFit: StreamFit.Cover });
  stream.addEventListener('before-input', ({ input, heldKeys, preventDefault }) => {
    if (input.type === InputType.Keyboard && heldKeys.ctrl && input.action === KeyboardAction.Down) preventDefault();
  });
  stream.sendInput({ type: 'keyboard', code: 'Enter', action: 'down' });
  document.body.append(stream.container);
  return stream;
}

export function share(media: MediaStream): OutboundStream {
  const connection = causeway.connect({ id: 'host' });
  connection.on('peer-request', (request) => {
    request.accept().catch((error: unknown) => error instanceof ConnectError && console.log(error.code, error.final));
  });
  const stream = connection.publish(media, { permissions: InputLevel.Mouse });
  stream.on('peer-join', (peer) => peer.state === PeerState.Connected && stream.setPeerPermission(peer, InputLevel.None));
  stream.on('input', (event) => event.input.type === 'text' && event.discard());
  return stream;
}

export async function watched(): Promise<HTMLElement> {
  return (await connect().connect('desk', { watch: true })).stream.container;
}

// @ts-expect-error: this is for the library alone.
export const internal = (stream: InboundStream): void => stream.finish();
