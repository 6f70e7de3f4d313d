package streams_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/causeway-rtc/causeway/encode"
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/streams"
)

const (
	keyA = 30
	keyB = 48
)

// notebook is an Injector that writes down what is injected.
type notebook struct {
	mu    sync.Mutex
	notes []string
	gone  bool // the display
}

func (n *notebook) Inject(e input.Event) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.gone {
		return fmt.Errorf("notebook: %w", net.ErrClosed)
	}
	down := map[bool]string{true: "+", false: "-"}
	switch e := e.(type) {
	case input.Key:
		n.notes = append(n.notes, fmt.Sprintf("%skey%d", down[e.Down], e.Code))
	case input.Button:
		n.notes = append(n.notes, fmt.Sprintf("%sbutton%d", down[e.Down], e.Button))
	default:
		n.notes = append(n.notes, fmt.Sprintf("%T", e))
	}
	return nil
}

func (n *notebook) Close() error { return nil }

// take returns what was injected since the last call.
func (n *notebook) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer func() { n.notes = nil }()
	return n.notes
}

// want fails when something else was injected since the last call.
func (n *notebook) want(t *testing.T, what string, want ...string) {
	t.Helper()
	if got := n.take(); !slices.Equal(got, want) {
		t.Errorf("%s: injected %v, want %v", what, got, want)
	}
}

func newStream(t *testing.T, o streams.Options) *streams.Stream {
	t.Helper()
	if o.Name == "" {
		o.Name = "desktop"
	}
	s, err := streams.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func join(t *testing.T, s *streams.Stream, id string, wants input.Level) *streams.Viewer {
	t.Helper()
	v, err := s.Join(id, wants, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// do handles what a viewer does, and fails when that fails.
func do(t *testing.T, v *streams.Viewer, events ...input.Event) (shows bool) {
	t.Helper()
	var msg []byte
	for _, e := range events {
		msg = input.Append(msg, e)
	}
	shows, err := v.Handle(msg)
	if err != nil {
		t.Fatal(err)
	}
	return shows
}

func press(code uint16) input.Key   { return input.Key{Code: code, Down: true} }
func release(code uint16) input.Key { return input.Key{Code: code} }

func TestLevelsChangeWhileViewersWatch(t *testing.T) {
	var n notebook
	s := newStream(t, streams.Options{Injector: &n, Level: input.Keyboard})
	var told []input.Level
	v, err := s.Join("ann", input.All, func(l input.Level) { told = append(told, l) })
	if err != nil {
		t.Fatal(err)
	}
	click := input.Button{Button: 1, Down: true}
	if !do(t, v, press(keyA)) || do(t, v, click) {
		t.Error("a key does not show, or a button that is not allowed does")
	}
	n.want(t, "keyboard alone", "+key30")
	if err := s.SetLevel(input.Mouse); err != nil {
		t.Fatal(err)
	}
	n.want(t, "the keyboard is taken away", "-key30")
	do(t, v, click, press(keyB))
	n.want(t, "mouse alone", "+button1")
	if s.Level() != input.Mouse || v.Level() != input.Mouse || s.ViewerLevel("ann") != input.Mouse {
		t.Errorf("levels are %v, %v and %v, want mouse", s.Level(), v.Level(), s.ViewerLevel("ann"))
	}
	if !slices.Equal(told, []input.Level{input.Mouse}) {
		t.Errorf("the viewer was told %v, want mouse", told)
	}
}

func TestViewersOwnLevelOutlastsTheStreams(t *testing.T) {
	var n notebook
	s := newStream(t, streams.Options{Injector: &n, Level: input.All})
	ann, ben := join(t, s, "ann", input.Mouse), join(t, s, "ben", input.All)
	// A level of its own may be more than it asked for.
	if err := s.SetViewerLevel("ann", input.Keyboard); err != nil {
		t.Fatal(err)
	}
	if err := s.SetLevel(input.None); err != nil {
		t.Fatal(err)
	}
	do(t, ann, press(keyA))
	do(t, ben, press(keyB))
	n.want(t, "one has a level of its own", "+key30")
	if s.ViewerLevel("ann") != input.Keyboard || s.ViewerLevel("ben") != input.None || s.ViewerLevel("carl") != input.None {
		t.Errorf("levels are %v, %v and of who is not there %v", s.ViewerLevel("ann"), s.ViewerLevel("ben"), s.ViewerLevel("carl"))
	}
	if err := s.SetViewerLevel("carl", input.All); err == nil {
		t.Error("who does not watch got a level")
	}
	// It goes with the viewer.
	ann.Close()
	if again := join(t, s, "ann", input.All); again.Level() != input.None {
		t.Errorf("who comes again has the level %v, want the stream's", again.Level())
	}
}

func TestViewerMayDoWhatItWantsWithinTheLevel(t *testing.T) {
	var n notebook
	s := newStream(t, streams.Options{Injector: &n, Level: input.Mouse | input.Touch})
	for _, c := range []struct{ wants, level input.Level }{
		{input.None, input.None},
		{input.Mouse | input.Keyboard, input.Mouse},
		{input.Everything, input.Mouse | input.Touch},
	} {
		v := join(t, s, "ann", c.wants)
		if v.Level() != c.level {
			t.Errorf("who wants %v may %v, want %v", c.wants, v.Level(), c.level)
		}
		v.Close()
	}
	v := join(t, s, "ann", input.Keyboard)
	if err := s.SetLevel(input.All); err != nil {
		t.Fatal(err)
	}
	if v.Level() != input.Keyboard {
		t.Errorf("who wants the keyboard alone may %v", v.Level())
	}
}

func TestFilterDiscardsPressesAndNeverReleases(t *testing.T) {
	var n notebook
	refuse := map[uint16]bool{keyB: true}
	var asked []string
	s := newStream(t, streams.Options{
		Injector: input.NewDesk(&n), Level: input.All,
		Filter: func(viewer string, e input.Event) bool {
			asked = append(asked, viewer)
			k, ok := e.(input.Key)
			return !ok || !(viewer == "ann" && refuse[k.Code])
		},
	})
	ann, ben := join(t, s, "ann", input.All), join(t, s, "ben", input.All)
	do(t, ann, press(keyA), press(keyB), input.Wheel{DY: 1})
	n.want(t, "a key is filtered", "+key30", "input.Wheel")
	refuse[keyA] = true
	do(t, ann, release(keyA))
	n.want(t, "the filter changed its mind", "-key30")
	if !slices.Equal(asked, []string{"ann", "ann", "ann"}) {
		t.Errorf("the filter was asked for %v, want ann's two presses and wheel", asked)
	}
	// What is discarded of one viewer is not let go of for another.
	do(t, ben, press(keyB))
	do(t, ann, release(keyB))
	n.want(t, "another viewer's key", "+key48")
	do(t, ann, press(keyB))
	ann.Close()
	n.want(t, "who pressed nothing goes")
	do(t, ben, release(keyB))
	n.want(t, "it lets go itself", "-key48")
}

func TestJoinedAndLeftAreTold(t *testing.T) {
	var told []string
	s := newStream(t, streams.Options{
		Joined: func(v string) { told = append(told, "+"+v) },
		Left:   func(v string) { told = append(told, "-"+v) },
	})
	join(t, s, "ben", input.None)
	ann := join(t, s, "ann", input.None)
	if got := s.Viewers(); !slices.Equal(got, []string{"ann", "ben"}) {
		t.Errorf("viewers are %v", got)
	}
	if _, err := s.Join("ann", input.None, nil); err == nil {
		t.Error("two viewers have one id")
	}
	for range 2 {
		if err := ann.Close(); err != nil {
			t.Fatal(err)
		}
	}
	join(t, s, "ann", input.None)
	s.Close()
	if got := s.Viewers(); len(got) > 0 {
		t.Errorf("after Close %v watch", got)
	}
	slices.Sort(told[4:]) // all leave at once
	if want := []string{"+ben", "+ann", "-ann", "+ann", "-ann", "-ben"}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

func TestCloseLetsGoOfWhatIsHeld(t *testing.T) {
	var n notebook
	s := newStream(t, streams.Options{Injector: &n, Level: input.All})
	ann := join(t, s, "ann", input.All)
	do(t, ann, press(keyA), input.Button{Button: 1, Down: true})
	n.take()
	if err := ann.Release(); err != nil {
		t.Fatal(err)
	}
	n.want(t, "Release", "-button1", "-key30")
	do(t, ann, press(keyA))
	n.take()
	if err := ann.Close(); err != nil {
		t.Fatal(err)
	}
	n.want(t, "the viewer goes", "-key30")
	if _, err := ann.Handle(input.Append(nil, press(keyB))); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Handle after Close: %v, want net.ErrClosed", err)
	}
	ben := join(t, s, "ben", input.All)
	do(t, ben, press(keyB))
	n.take()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	n.want(t, "the stream ends", "-key48")
	if _, err := s.Join("carl", input.All, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Join after Close: %v, want net.ErrClosed", err)
	}
}

func TestViewerOfADeadDisplayCloses(t *testing.T) {
	var n notebook
	s := newStream(t, streams.Options{Injector: &n, Level: input.All})
	v := join(t, s, "ann", input.All)
	do(t, v, press(keyA))
	n.gone = true
	if err := v.Close(); err != nil {
		t.Errorf("Close = %v, though nothing is down on a display that is gone", err)
	}
}

func TestStreamWithoutInjectorIsWatched(t *testing.T) {
	s := newStream(t, streams.Options{Level: input.All})
	v := join(t, s, "ann", input.All)
	if s.Controllable() || v.Level() != input.None || do(t, v, press(keyA)) {
		t.Errorf("a stream without an injector takes input: level %v", v.Level())
	}
	if err := errors.Join(s.SetLevel(input.Mouse), s.SetViewerLevel("ann", input.Mouse), v.Release(), v.Close()); err != nil {
		t.Error(err)
	}
}

func TestLevelsChangedTogetherEndAlike(t *testing.T) {
	var n notebook
	s := newStream(t, streams.Options{Injector: &n})
	var viewers []*streams.Viewer
	for i := range 8 {
		viewers = append(viewers, join(t, s, fmt.Sprint(i), input.All))
	}
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() { s.SetLevel([]input.Level{input.Mouse, input.Keyboard, input.All}[i%3]) })
	}
	wg.Go(func() { s.SetViewerLevel("7", input.Gamepad) })
	wg.Wait()
	for _, v := range viewers[:7] {
		if v.Level() != s.Level() {
			t.Errorf("%s may %v in a stream of %v", v.ID(), v.Level(), s.Level())
		}
	}
	if l := viewers[7].Level(); l != input.Gamepad {
		t.Errorf("who has a level of its own may %v", l)
	}
}

func TestClosedStreamClosesItsTracks(t *testing.T) {
	picture := streams.NewTrack("picture", &ticker{tick: time.Millisecond})
	s := newStream(t, streams.Options{Tracks: []*streams.Track{picture}})
	k := attach(t, picture, encode.H264)
	next(t, k)
	s.Close()
	for {
		if _, err := k.Next(t.Context()); err != nil {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("Next after Close: %v, want net.ErrClosed", err)
			}
			return
		}
	}
}

func TestSenselessStreamsAreRefused(t *testing.T) {
	for name, o := range map[string]streams.Options{
		"no name":   {},
		"no apps":   {Name: "apps", Type: streams.Apps},
		"no size":   {Name: "a", Resolution: streams.Resolution{Strategy: streams.Constant}},
		"half size": {Name: "a", Resolution: streams.Resolution{Strategy: streams.Constant, Width: 640}},
	} {
		if _, err := streams.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s := newStream(t, streams.Options{Type: streams.Apps, Processes: []int{7}})
	s.Processes()[0] = 8
	if s.Name() != "desktop" || s.Type() != streams.Apps || !slices.Equal(s.Processes(), []int{7}) {
		t.Errorf("%s is of type %s and processes %v", s.Name(), s.Type(), s.Processes())
	}
	if got := newStream(t, streams.Options{}).Type(); got != streams.Desktop {
		t.Errorf("a stream is of type %s, want desktop", got)
	}
}
