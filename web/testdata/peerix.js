// A client that speaks Peerix's signalling and nothing more: no control
// channel, no hello, channels by number alone.
window.peerix = (room, { stream, metadata } = {}) => {
  const id = `peerix-${Math.random().toString(36).slice(2, 8)}`;
  const socket = new WebSocket(`ws://${location.host}/ws`);
  const client = { id, remotes: new Map(), messages: [], tracks: [] };
  const put = (ns, message) => socket.send(JSON.stringify([ns, { id, ...message }]));

  const meet = (remote) => {
    const known = client.remotes.get(remote);
    if (known) return known;
    const pc = new RTCPeerConnection();
    const channel = pc.createDataChannel('', { negotiated: true, id: 0 });
    const me = { pc, channel, making: false };
    client.remotes.set(remote, me);
    channel.onmessage = ({ data }) => client.messages.push(data);
    pc.ontrack = ({ track }) => client.tracks.push(track);
    pc.onicecandidate = ({ candidate }) => candidate && put(`${room}:${remote}`, { type: 'candidate', data: candidate.toJSON() });
    pc.onnegotiationneeded = async () => {
      me.making = true;
      await pc.setLocalDescription();
      put(`${room}:${remote}`, { type: 'offer', data: pc.localDescription.toJSON(), metadata });
      me.making = false;
    };
    for (const track of stream?.getTracks() ?? []) pc.addTrack(track, stream);
    return me;
  };

  const handle = async ({ type, id: remote, data }) => {
    if (remote === id) return;
    if (type === 'join' && !client.remotes.has(remote)) meet(remote);
    const me = type === 'offer' ? meet(remote) : client.remotes.get(remote);
    if (type === 'offer') {
      const collision = me.making || me.pc.signalingState !== 'stable';
      if (collision && id < remote) return;
      await me.pc.setRemoteDescription(data);
      await me.pc.setLocalDescription();
      put(`${room}:${remote}`, { type: 'answer', data: me.pc.localDescription.toJSON() });
    } else if (type === 'answer') {
      await me.pc.setRemoteDescription(data);
    } else if (type === 'candidate') {
      await me?.pc.addIceCandidate(data).catch(() => {});
    } else if (type === 'leave') {
      me?.pc.close();
      client.remotes.delete(remote);
    }
  };

  socket.onopen = () => {
    socket.send(JSON.stringify(['>', [room, `${room}:${id}`]]));
    put(room, { type: 'join', data: true, metadata });
    socket.send('ping');
  };
  client.joined = new Promise((resolve) => {
    socket.onmessage = ({ data }) => {
      if (data === 'pong') resolve();
      else if (JSON.parse(data)[0] !== '!') void handle(JSON.parse(data)[1]);
    };
  });
  client.send = (text) => client.remotes.forEach(({ channel }) => channel.readyState === 'open' && channel.send(text));
  client.leave = () => client.remotes.forEach((_, remote) => put(`${room}:${remote}`, { type: 'leave' }));
  return client;
};
