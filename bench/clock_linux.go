package bench

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Now is the machine's CLOCK_MONOTONIC: every process reads the same.
func Now() time.Duration {
	var ts unix.Timespec
	// It fails for an unknown clock or a bad address only.
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return time.Duration(ts.Nano())
}

// sleepUntil blocks the thread until the moment t of [Now]. The runtime's own
// timers are late by up to a millisecond, which is a lot here.
func sleepUntil(t time.Duration) {
	ts := unix.NsecToTimespec(int64(t))
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil) == unix.EINTR {
	}
}

// punctual ties the goroutine to a thread that wakes up when it asked to, and
// not up to 50 µs later. The caller defers what it returns.
func punctual() (release func()) {
	runtime.LockOSThread()
	const nanosecond = 1
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, nanosecond, 0, 0, 0) // a refusal costs 50 µs
	return func() {
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) // zero is the default
		runtime.UnlockOSThread()
	}
}
