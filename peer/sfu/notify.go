package sfu

import "sync"

// notifier tells of offers and of the end, in order and from one goroutine.
type notifier struct {
	o     MemberOptions
	ready chan struct{} // capacity one

	mu      sync.Mutex
	pending bool
	sdp     string
	streams streamOwners
	closed  bool
	cause   error
}

func (n *notifier) init(o MemberOptions) { n.o, n.ready = o, make(chan struct{}, 1) }

// offer has an offer told, instead of one that was not told yet.
func (n *notifier) offer(sdp string, streams streamOwners) {
	n.mu.Lock()
	n.pending, n.sdp, n.streams = true, sdp, streams
	n.mu.Unlock()
	wake(n.ready)
}

// close has the end told, and run return.
func (n *notifier) close(cause error) {
	n.mu.Lock()
	n.closed, n.cause = true, cause
	n.mu.Unlock()
	wake(n.ready)
}

func (n *notifier) run() {
	for range n.ready {
		n.mu.Lock()
		pending, sdp, streams, closed, cause := n.pending, n.sdp, n.streams, n.closed, n.cause
		n.pending = false
		n.mu.Unlock()
		if closed {
			if n.o.Closed != nil {
				n.o.Closed(cause)
			}
			return
		}
		if pending {
			n.o.Offer(sdp, streams)
		}
	}
}
