// Package socketio reads and writes the packets of socket.io 2, which are
// events with a name, JSON, and bytes that the JSON refers to (protocol 4 of
// socket.io-parser). It is what both ends need, and knows no connection.
//
// An event without bytes is one text message, 2["NAME",{…}]. One with bytes is
// 51-["NAME",{…,"_placeholder":true,"num":0}] and a binary message for each
// number. Acknowledgements are ignored, since SkyWay has none.
//
//	peer ⇄ socketio ⇄ text and binary messages
package socketio
