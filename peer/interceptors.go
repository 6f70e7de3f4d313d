package peer

import (
	"fmt"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
)

// nackEvery is how often a viewer asks for what it misses. A frame waits for
// it, so it is far shorter than pion's 100 ms.
const nackEvery = 10 * time.Millisecond

// addInterceptors registers what a watching peer needs: it asks again for
// lost packets, and reports loss and jitter. A host has neither: they do nothing
// for what is sent, but their clocks tick, a hundred times a second for each
// viewer, on a desktop that may stand still for hours.
//
// What we send passes no interceptor, as each costs every packet of every
// viewer. Retransmission is the track's own work, since its history can share
// the payloads of all viewers where pion's copies each packet. So are sender
// reports, which then map the time of capture exactly. Transport-wide
// feedback is left out until something uses it; goog-remb does for now.
func addInterceptors(registry *interceptor.Registry, log loggerFactory) error {
	generator, err := nack.NewGeneratorInterceptor(
		nack.GeneratorInterval(nackEvery), nack.GeneratorMaxNacksPerPacket(10), nack.WithGeneratorLoggerFactory(log))
	if err != nil {
		return fmt.Errorf("nack: %w", err)
	}
	registry.Add(generator)
	reports, err := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(log))
	if err != nil {
		return fmt.Errorf("receiver reports: %w", err)
	}
	registry.Add(reports)
	return nil
}
