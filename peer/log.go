package peer

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// loggerFactory makes pion log to slog. Nothing of pion's is worth more than
// Debug to a person: what matters shows in a Remote's state.
type loggerFactory struct{ log *slog.Logger }

func (f loggerFactory) NewLogger(scope string) logging.LeveledLogger {
	return logger{f.log.With("pion", scope)}
}

type logger struct{ log *slog.Logger }

func (l logger) print(args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug(fmt.Sprint(args...))
	}
}

func (l logger) printf(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug(fmt.Sprintf(format, args...))
	}
}

// Trace and the level below it are per packet: they are discarded.
func (logger) Trace(string)                        {}
func (logger) Tracef(string, ...any)               {}
func (logger) Debug(string)                        {}
func (logger) Debugf(string, ...any)               {}
func (logger) Info(string)                         {}
func (logger) Infof(string, ...any)                {}
func (l logger) Warn(msg string)                   { l.print(msg) }
func (l logger) Warnf(format string, args ...any)  { l.printf(format, args...) }
func (l logger) Error(msg string)                  { l.print(msg) }
func (l logger) Errorf(format string, args ...any) { l.printf(format, args...) }
