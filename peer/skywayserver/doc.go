// Package skywayserver is a signalling server for SkyWay's first SDK, so that
// pages with a stock skyway-js 4.4.5 find each other, and find us, now that
// the service is gone. A page gives it by the options host, port and secure.
//
// A [Server] is an http.Handler for /socket.io/ and /api/apikeys/. A peer in
// the same process connects with [Server.Dial], without a socket.
//
// # Protocol
//
// The transport is socket.io 2 over Engine.IO 3 (packages socketio and
// engineio). The query has apiKey, token, and maybe peerId and credential. The
// server says OPEN with the peer's id, or ERROR with type and message, and
// disconnects. Then events go both ways, each with one argument:
//
//	SEND_OFFER, SEND_ANSWER, SEND_CANDIDATE, SEND_FORCE_CLOSE, SEND_LEAVE
//	        to the peer in dst as OFFER and so on, with src
//	ROOM_JOIN, ROOM_LEAVE
//	        all members are told ROOM_USER_JOIN or ROOM_USER_LEAVE; who has
//	        joined learns roomMembers as well
//	ROOM_GET_USERS, ROOM_GET_LOGS
//	        are answered by ROOM_USERS and ROOM_LOGS
//	ROOM_SEND_DATA
//	        to all other members as ROOM_DATA; it may contain bytes
//	SFU_GET_OFFER, SFU_ANSWER, SFU_CANDIDATE
//	        go to the [SFU], which says SFU_OFFER when it likes
//	UPDATE_CREDENTIAL
//	        puts off the end of which AUTH_EXPIRES_IN has warned
//
// And by HTTP, for pages of any origin:
//
//	GET /api/apikeys/{key}/clients/              ids, if the key lists them
//	GET /api/apikeys/{key}/peers/{id}/exists     {"exists":true}
//
// # Keys
//
// Each API key is a world of its own: see [Key]. With a secret a peer needs a
// credential, {timestamp, ttl, authToken}, whose token is the HMAC-SHA256 of
// "timestamp:ttl:peerId" in base64; see [Credential]. It ends with its time,
// and the connection with it. One whose connection broke is for some time of
// use only to the client that had it, which shows by its token who it is.
// Without a secret a key serves this machine alone, unless Options.Insecure.
//
// # Where the original is not known
//
// Its source is closed. What stock clients and published samples do not show
// is decided so: whoever has an id keeps it, but for who comes back with its
// token, and then stays in its rooms; an offer to a peer that is not there is
// answered by an ERROR of type peer-unavailable; what names a room of which
// sender or receiver is no member is refused; bytes in a log are as Node.js
// writes a Buffer in JSON; who is told about a ROOM_USER_JOIN but has not
// joined is not told roomMembers, which clients do not read then.
//
// # Bounds
//
// Peers, rooms, members, the length of names and messages, rates, logs, and
// what waits for anybody are bounded: see [Options]. What a peer sends to
// others is lost for those who do not read; who does not read what the server
// itself says is disconnected.
//
// Ids and rooms are not secret, and a key is in every page. Nothing may be
// granted to them; a credential shows only that the key's owner let a peer in.
//
//	stock skyway-js ⇄ skywayserver ⇄ host in this process, SFU
package skywayserver
