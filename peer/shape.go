package peer

import (
	"context"

	"github.com/causeway-rtc/causeway/capture"
)

// maxMonitors bounds the monitors that a viewer is told of.
const maxMonitors = 16

// Shape is what a stream's picture can become.
type Shape struct {
	// Monitors are those that the viewer may choose from.
	Monitors []Monitor `json:"monitors"`
	// Monitor is the name of the one that is shown, "" for all of them.
	Monitor string `json:"monitor"`
	// Resizable is true when the display can take the viewer's size.
	Resizable bool `json:"resizable"`
}

// Monitor is a monitor of a publisher's display: its name, and its place on
// the display in pixels.
type Monitor struct {
	Name   string `json:"name"`
	X      int    `json:"x"`
	Y      int    `json:"y"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// ShapeChanged says what the picture can become: when the stream begins, and
// at each change.
type ShapeChanged struct {
	Stream *InboundStream
	Shape  Shape
}

// followShape tells the viewer of the stream's shape from now on.
func (o *outgoing) followShape() {
	o.shaping.Do(func() {
		resizable := o.stream.Resizable()
		tell := func(s capture.Shown) {
			m := shape{o.stream.id, Shape{Monitors: []Monitor{}, Monitor: s.Monitor, Resizable: resizable}}
			for _, e := range s.Monitors[:min(len(s.Monitors), maxMonitors)] {
				b := e.Bounds
				m.Monitors = append(m.Monitors, Monitor{e.Name, b.Min.X, b.Min.Y, b.Dx(), b.Dy()})
			}
			o.remote.sendControl(m)
		}
		if stop := o.stream.WatchMonitors(tell); stop != nil {
			context.AfterFunc(o.ctx, stop)
		} else if resizable {
			tell(capture.Shown{})
		}
	})
}

func (r *Remote) onMonitor(m monitor) {
	if o := r.watching(m.Stream); o != nil {
		if err := o.viewer.ShowMonitor(m.Name); err != nil {
			r.log.Debug("another monitor was refused", "err", err)
		}
	}
}

// onFit gives the display the size that the viewer asks for, within what a
// display can have.
func (r *Remote) onFit(m fit) {
	const most = 1 << 14
	if o := r.watching(m.Stream); o != nil && m.Width <= most && m.Height <= most {
		o.viewer.Fit(m.Width, m.Height)
	}
}

func (r *Remote) onShape(m shape) {
	if s := r.known(m.Stream); s != nil && len(m.Monitors) <= maxMonitors {
		Emit(r.peer, ShapeChanged{s, m.Shape})
	}
}

// ShowMonitor asks the publisher to show the monitor of that name to all
// viewers, or with "" all monitors. It does if this viewer may use the mouse.
func (s *InboundStream) ShowMonitor(name string) error {
	return s.say(monitor{s.id, name})
}

// Fit asks the publisher to give its display this size in pixels, or with
// zeros the size that it had before. It does if it can and this viewer may use
// the mouse.
func (s *InboundStream) Fit(width, height int) error {
	return s.say(fit{s.id, width, height})
}
