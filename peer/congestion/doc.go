// Package congestion decides how many bits a second to send to one viewer.
//
// A [Controller] hears what the viewer reports and names a target. [Backoff]
// is the plain one: it steps down when packets are lost, when a queue builds
// up on the way, or when the receiver's own estimate falls, and climbs slowly.
// There is room for one that looks at the delay of each packet.
//
// # A desktop is idle most of the time
//
// A receiver cannot estimate more than half again what it is sent, so after an
// idle while its estimate is far too low, and climbs for a minute before it
// means anything. Backoff therefore believes an estimate only when it falls,
// and did so from near what was being sent.
package congestion
