// Package nats is signalling over a NATS server, for peers that share one
// already and need no broker of ours.
//
// The wire form is that of Peerix's NATS driver, whose peers it meets. The
// subject is the prefix and the segments of the namespace, joined by dots:
// "desk:me" with the prefix "app" is app.desk.me. The payload is the message
// as JSON. With a secret each element of the subject, the prefix as one, is
// the lower-case hex SHA-256 of itself, and the payload is a 12-byte IV, the
// AES-256-GCM ciphertext and its tag, under the SHA-256 of the secret.
//
// # What a plain NATS does not promise
//
// Who may publish and subscribe is for the server's own permissions: there is
// no broker that refuses a taken id, or a message under another's. A claim's
// secret is not used. [signal.ErrDenied] is found here, before sending, and
// only keeps an honest peer from a mistake. Two peers of one id both receive.
// [signal.Message.Addr] is empty. So a host must trust nothing but the token
// of a join; and as whoever can subscribe to its subject can read that token,
// strangers should be kept out by permissions or by the secret. The secret is
// hashed once, so it must be long and random: a password would be guessed. It
// is no part of the hashes of subjects, so the names of rooms can be guessed
// too. A sealed message can be repeated, and moved to another subject, by
// whoever can publish.
//
// Absence is told: NATS says when nobody has subscribed to the subject of a
// direct message.
//
// # Queues
//
// 256 received messages wait for Receive, each as long as the server allows,
// a mebibyte as a rule. While there is no room the newest are lost, which is
// logged. A connection that breaks comes back by itself and subscribes again;
// messages of the time between are lost. Publish does not queue: it waits for
// the connection to be back.
//
//	peer ─▶ signal.Conn ─▶ nats ═══ NATS server ═══ nats ─▶ signal.Conn ─▶ peer
package nats
