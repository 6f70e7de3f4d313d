package bench

import (
	"encoding/json"
	"fmt"
	"strings"
)

// watched is a line that the viewer program prints every second.
type watched struct {
	Seconds float64 `json:"seconds"`
	Frames  int     `json:"framesReceived"`
}

// parseWatched reads what a viewer printed and returns how many pictures a
// second it received between its first line and its last.
func parseWatched(log string) (fps float64, err error) {
	var lines []watched
	for line := range strings.Lines(log) {
		var w watched
		// It may say other things; the last line may have been cut off.
		if json.Unmarshal([]byte(line), &w) == nil && w.Seconds > 0 {
			lines = append(lines, w)
		}
	}
	if len(lines) < 2 {
		return 0, fmt.Errorf("bench: a viewer's statistics: %w", errFormat)
	}
	first, last := lines[0], lines[len(lines)-1]
	return float64(last.Frames-first.Frames) / (last.Seconds - first.Seconds), nil
}
