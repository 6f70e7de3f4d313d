// Command broker is the rendezvous server alone: hosts, viewers and stock
// PeerJS and SkyWay pages find each other through it, on one port.
//
// It serves our own signalling at /ws, a PeerServer below its path and SkyWay
// at /socket.io/ and /api/apikeys/, takes the flags of the original PeerServer, and needs no C and nothing beside it.
// 'broker --help' lists the flags.
package main
