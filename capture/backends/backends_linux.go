package backends

import (
	"github.com/causeway-rtc/causeway/capture"
	"github.com/causeway-rtc/causeway/capture/kbinani"
	"github.com/causeway-rtc/causeway/capture/pattern"
	"github.com/causeway-rtc/causeway/capture/pulse"
	"github.com/causeway-rtc/causeway/capture/x11"
)

// All are the ways to capture pictures, best first. It must not be changed.
var All = []capture.Backend{x11.Backend, kbinani.Backend, pattern.Backend}

// Audio are the ways to capture sound, best first. It must not be changed.
var Audio = []capture.AudioBackend{pulse.Backend}
