package injectors

import (
	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/input/robotgo"
	"github.com/causeway-rtc/causeway/input/xtest"
)

// All is what can inject here, the best first. It never changes.
var All = []input.Backend{robotgo.Backend, xtest.Backend}

// Microphones is what viewers can speak into here: nothing yet.
var Microphones []input.MicrophoneBackend
