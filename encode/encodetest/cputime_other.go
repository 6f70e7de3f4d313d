//go:build !unix

package encodetest

import "time"

// processTime is unknown here, which benchmarks leave out of their report.
func processTime() time.Duration { return 0 }
