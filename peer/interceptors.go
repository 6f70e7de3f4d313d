package peer

import (
	"fmt"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
)

// addInterceptors registers what a watching peer needs: it reports loss and
// jitter (RFC 3550 §6.4.2). A host has none: it does nothing for what is sent,
// but its clock ticks for each viewer, on a desktop that may stand still for
// hours.
//
// Nothing else is on the way of packets, as it would cost each packet of each
// viewer, and each thing that is left out has a reason of its own:
//
//   - Retransmission (pkg/nack, responder): it copies every packet for every
//     viewer; a track's history shares the payloads of all.
//   - Asking for it (pkg/nack, generator): it takes no notice of packets that
//     come as RTX, and asks for each ten times; reorder knows what is missing.
//   - Sender reports (pkg/report): they map the time of sending; ours map that
//     of capture.
//   - Transport-wide feedback (pkg/twcc): until something uses it, goog-remb
//     costs less.
func addInterceptors(registry *interceptor.Registry, log loggerFactory) error {
	reports, err := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(log))
	if err != nil {
		return fmt.Errorf("receiver reports: %w", err)
	}
	registry.Add(reports)
	return nil
}
