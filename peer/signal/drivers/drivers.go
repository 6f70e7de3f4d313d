package drivers

import (
	"github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/nats"
	"github.com/causeway-rtc/causeway/peer/signal/ws"
)

// All returns every driver.
func All() []signal.Driver {
	return []signal.Driver{
		ws.Driver,
		nats.Driver,
	}
}
