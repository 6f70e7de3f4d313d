package xtest

import (
	"testing"

	"github.com/causeway-rtc/causeway/input"
	"github.com/causeway-rtc/causeway/input/inputtest"
)

func BenchmarkInject(b *testing.B) {
	i := openOn(b, inputtest.Start(b))
	for name, pair := range map[string][2]input.Event{
		"key":   {input.Key{Code: 30, Down: true}, input.Key{Code: 30}},
		"move":  {input.Move{X: 100}, input.Move{X: 30000}},
		"nudge": {input.Nudge{DX: 1}, input.Nudge{DX: -1}},
		"text":  {input.Text{Text: "a"}, input.Text{Text: "A"}},
		"lent":  {input.Text{Text: "漢"}, input.Text{Text: "字"}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if err := i.Inject(pair[n&1]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
