package peer

import (
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"
)

// sections maps f over the media sections of an SDP, each from its "m=" to the
// next, with its mid.
func sections(sdp string, f func(mid, section string) string) string {
	parts := strings.Split(sdp, "\nm=")
	for i, section := range parts {
		if i == 0 {
			continue
		}
		_, mid, _ := strings.Cut(section, "\na=mid:")
		mid, _, _ = strings.Cut(mid, "\n")
		parts[i] = f(strings.TrimSpace(mid), section)
	}
	return strings.Join(parts, "\nm=")
}

const inactive = "\na=inactive"

// palatable is an offer of the other side without what pion cannot bear: a
// section that is inactive in two offers in a row never receives again, as pion
// has stopped its receiver twice and replaced it once. Of a section that was
// not ours to send in, recvonly says the same. Pion answers with inactive.
func (r *Remote) palatable(offer string) string {
	ours := r.ourSections()
	return sections(offer, func(mid, section string) string {
		if ours[mid] {
			return section
		}
		return strings.Replace(section, inactive, "\na=recvonly", 1)
	})
}

// ourSections are the mids of those that we send in, or did.
func (r *Remote) ourSections() map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	ours := map[string]bool{}
	for _, t := range r.senders {
		ours[t.Mid()] = true
	}
	return ours
}

// revive makes those tracks anew that the other side has not agreed to and that
// are in a section which was used before: that it is inactive in an offer of
// the other side is what was agreed on, and pion has stopped the track for it.
func (r *Remote) revive() error {
	for _, o := range r.outgoings() {
		if err := o.revive(); err != nil {
			return err
		}
	}
	return nil
}

func (o *outgoing) revive() error {
	r := o.remote
	for _, t := range o.trackList() {
		if t.added <= r.neg.agreed.Load() || !r.stopped(t) {
			continue
		}
		if err := o.removeTrack(t); err != nil {
			r.log.Debug("a track could not be removed", "err", err)
		}
		if err := o.addTrack(t.Source()); err != nil {
			return fmt.Errorf("peer: track %s: %w", t, err)
		}
	}
	return nil
}

// stopped is true when pion has stopped the section of t.
func (r *Remote) stopped(t *track) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.senders {
		if s.Sender() == t.sender {
			return s.Direction() == webrtc.RTPTransceiverDirectionInactive
		}
	}
	return false
}
