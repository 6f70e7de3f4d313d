package events

import (
	"reflect"
	"sync"
)

// Hub knows who listens to which type of event. The zero value is ready to
// use. Listeners may be added and removed from any goroutine, also from within
// a listener.
type Hub struct {
	mu   sync.Mutex
	next int
	all  map[reflect.Type][]listener
}

type listener struct {
	id int
	f  func(any)
}

// On has f called with each event of type E, until off is called. It is called
// on the goroutine of [Emit].
func On[E any](h *Hub, f func(E)) (off func()) {
	return h.on(reflect.TypeFor[E](), func(e any) { f(e.(E)) })
}

// Once is On for the next event only.
func Once[E any](h *Hub, f func(E)) (off func()) {
	var once sync.Once
	stop := func() {}
	var mu sync.Mutex // an event may come before On returns
	mu.Lock()
	defer mu.Unlock()
	stop = On(h, func(e E) {
		once.Do(func() {
			mu.Lock()
			defer mu.Unlock()
			stop()
			f(e)
		})
	})
	return stop
}

// Emit calls those who listen to events of e's type, in the order in which
// they came, and returns when all have returned.
func Emit[E any](h *Hub, e E) { h.emit(reflect.TypeFor[E](), e) }

// Heard is true when somebody listens to events of type E.
func Heard[E any](h *Hub) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.all[reflect.TypeFor[E]()]) > 0
}

func (h *Hub) on(t reflect.Type, f func(any)) (off func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = map[reflect.Type][]listener{}
	}
	h.next++
	id := h.next
	// A new slice each time: emit may be walking through the old one.
	h.all[t] = append(h.all[t][:len(h.all[t]):len(h.all[t])], listener{id, f})
	return func() { h.off(t, id) }
}

func (h *Hub) off(t reflect.Type, id int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var kept []listener
	for _, l := range h.all[t] {
		if l.id != id {
			kept = append(kept, l)
		}
	}
	h.all[t] = kept
}

func (h *Hub) emit(t reflect.Type, e any) {
	h.mu.Lock()
	all := h.all[t]
	h.mu.Unlock()
	for _, l := range all {
		l.f(e)
	}
}
