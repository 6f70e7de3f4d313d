package peer

// State is how far a [Remote] is.
type State uint8

// The states, in the words of the W3C's RTCPeerConnectionState.
const (
	// StateNew waits for the other side's first answer or offer.
	StateNew State = iota
	// StateConnecting looks for a way through.
	StateConnecting
	// StateConnected has one.
	StateConnected
	// StateDisconnected has lost it, and may find it again.
	StateDisconnected
	// StateFailed has given up, and is about to be closed.
	StateFailed
	// StateClosed is the end.
	StateClosed
)

var stateNames = [...]string{"new", "connecting", "connected", "disconnected", "failed", "closed"}

// String is the state's name in small letters.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}
