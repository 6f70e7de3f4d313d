// Package values carries values over data channels, as the peer systems do that
// pages know.
//
// A [Serializer] writes each value as frames, which are the messages of a
// channel, and reads them back; each system has its own. A [Pipe] sends and
// receives them over one channel.
//
// # Bounds
//
// A sender waits while too much is on its way. What has come and was not
// received is bounded too, in number and in bytes: over that the channel is not
// read, and so its sender waits as well.
//
//	application ⇄ values ⇄ data channel
package values
