// Package peer connects peers over WebRTC: a host and its viewers, or the
// members of rooms. With package media below it, everything that is WebRTC is
// here.
//
// A [Peer] is the local participant, a [Remote] one at the other end. Either
// end of a connection may publish streams and watch those of the other. There
// are two ways to a connection. [Peer.Connect] asks the peer of an id, which
// answers by [Options.Verify]. [Peer.JoinRoom] connects to everybody in a room.
//
// # States
//
// A Remote is new until the other side has answered, connecting until ICE and
// DTLS have a way through, then connected. When the way breaks it is
// disconnected, and after a second of that both sides try ICE anew; after
// eight without success it has failed, and ends closed. Either side may close
// it at any time. Disconnecting and closing release the keys that its viewer
// held down.
//
// # Negotiation
//
// Either side may offer at any time, as in perfect negotiation (WebRTC §10.7):
// of two offers that cross, that of the peer with the smaller id counts. Pion
// knows no rollback, so the other peer's offer is ended by an answer that says
// what was agreed before, or, when it was the first, with the connection that
// it was for. A media section that has become free is used again.
//
// # Media
//
// Each track of a stream has a MediaStream of its own, so that a browser does
// not delay the picture to match the sound. One goroutine per track takes
// chunks from a sink of the stream and writes packets. The payloads of a chunk
// are made once for all viewers. Timestamps are times of capture. Video is
// sent with the playout-delay extension at zero, which makes a browser show
// each frame when it arrives.
//
// # Goroutines
//
// Peer.Run reads the signalling. Each join has one goroutine while Verify
// decides, each request for a stream one while [Options.StreamRequest] does.
// Each Remote has one that negotiates, one that reports and one that pings; for
// each track that it watches one that sends and one that reads feedback, and
// two for the pointer; one for each track that we watch; and those of pion, of
// which each data channel has one. Close waits for all of them.
//
// Listeners of [On] are called from these goroutines, so they must not block,
// nor wait for what these do: [Remote.Close], [Peer.LeaveRoom],
// [Remote.CreateDataChannel] and [Remote.CreateStream] are for others.
// [Remote.End] is for listeners.
//
// # Bounds
//
// Nothing that a remote sends can grow without limit. What it breaks is its
// own connection alone.
//
//	a description         MaxSDP bytes, MaxCandidates, MaxSections; more ends the connection
//	messages in signalling   80 that wait; more ends the connection
//	connections, joins    Options.MaxRemotes; more are refused as busy
//	control messages      16 KiB; longer ones are ignored
//	requests for streams  8 that are being decided; more are refused as busy
//	streams               32 of one peer, 64 that we watch of one remote
//	data channels         64 from each side at a time, 65,536 in all; more are refused
//	a named message       16 MiB; what waits, as package channel says
//	a numbered message    64 KiB; 1 MiB that waits to be sent
//
// # Other peer systems
//
// What the host and the viewer of Rainway's SDKs have is here under these
// names. The wire is our own, and so are the numbers of its enums.
//
//	connect, ConnectAsync            New and Peer.Run: there is no cloud, and no key for it
//	RainwayConnection.id             Options.ID, a name and no number
//	externalId                       Options.ExternalID, Remote.ExternalID
//	connection.peers                 Peer.Remotes
//	connection.connect(id)           Peer.Connect; nil Verify refuses
//	cancelConnectionAttempt          cancelling Connect's context
//	peer-request, accept, reject     Options.Verify; a reason is Refuse(reason)
//	connection.close, close event    the end of Run's context; Run's error
//	PeerOptions.MinPort, MaxPort     Options.UDPPorts, for all remotes
//	Peer.state, StateChange          Remote.State, StateChanged; closed beside their five
//	peer.close                       Remote.Close, Remote.End
//	createDataChannel, dataChannels  Remote.CreateDataChannel, Remote.DataChannels; from either side
//	datachannel event                DataChannelOpened
//	DataChannel                      DataChannel: Send, Request, Next in place of events
//	createStream                     Remote.CreateStream
//	stream-announcement, join        StreamAnnounced, Announcement.Join
//	forceStreamAnnouncements         Remote.ForceStreamAnnouncements
//	peer.streams                     Remote.Streams
//	stream-request, accept, reject   Options.StreamRequest, Grant, Refuse
//	OutboundStreamOptions            streams.Options: Type, Level, Processes, Resolution
//	OutboundStreams                  Peer.Published; a stream is the peer's, for all its viewers
//	OutboundStream.Permissions       OutboundStream.Level, SetLevel
//	Get-, SetPeerPermission          OutboundStream.PeerLevel, SetPeerLevel
//	PeerJoin, PeerLeave              streams.Options.Joined, Left
//	Input event, Discard             streams.Options.Filter
//	OutboundStream.Close             Peer.Unpublish; for one viewer, OutboundStream.Remove
//	SubmitVideo, SubmitAudio         streams.VideoFeed, streams.AudioFeed
//	InboundStream.sendInput          InboundStream.SendInput
//	permissions, its change          InboundStream.Permissions, PermissionsChanged
//	before-input                     an application's own, before it calls SendInput
//	stats event, StatsSummary        StatsSummary, at both ends; in bits a second
//	metrics, getReport               StreamOptions.Metrics, PublisherStats; Remote.Stats
//	InboundStream.close, its event   InboundStream.Close, StreamEnded
//	Cursor                           CursorChanged
//	container, play, fullscreen      the browser library's
//
// What Peerix has is here under these names, on its wire: both may be in one
// room.
//
//	new Peer({id, driver, …})        New; ids are of Options.ID's form
//	driver, MemoryDriver             Options.Signal, package signal/memory
//	iceServers, iceTransportPolicy   Options.ICEServers, RelayOnly
//	connectionTimeout                Options.ConnectTimeout; 20 s, and never off
//	verify                           Options.Verify, also for offers; nil refuses, AllowAll does not
//	join, leave, room                Peer.JoinRoom, LeaveRoom, Rooms; several at a time, none by default
//	metadata                         JoinOptions.Metadata, a JSON object; Remote.Metadata
//	active                           len(Peer.Rooms()) > 0
//	connections                      Peer.Remotes; one for each room and peer
//	RemotePeer.dispose               Remote.Close
//	publish, update                  Peer.Publish; OutboundStream.ReplaceTracks
//	unpublish, streams               Peer.Unpublish, Peer.Published
//	audioBitrate, videoBitrate       the encoders' options, and the rate control
//	filter of a stream               PublishOptions.Filter
//	managed                          streams stay the caller's to close
//	open, close, channels            Peer.OpenChannel, CloseChannel, Channels; ids 128 to 255 are ours
//	send                             Peer.Send, SendText, SendOptions
//	attach, detach, addons           Peer.Attach, Detach, Addons
//	on, once, off, emit              On, Once, what these return, Emit; by Go type
//	state event                      StateChanged
//	publish, unpublish events        TrackStarted, TrackEnded; of a stream, StreamStarted, StreamEnded
//	open, close, message events      ChannelOpened, ChannelClosed, ChannelMessage
//	error event, its codes           Problem, ErrorCode
//
// A peer connects also when neither side has anything to publish. A candidate
// that comes before the description it belongs to waits for that; one of a peer
// that has neither joined nor offered is dropped.
//
//	capture ─▶ encode ─▶ streams ─▶ peer ═══ network ═══ peer ─▶ encode (decode)
package peer
