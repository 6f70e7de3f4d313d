package input_test

import (
	"fmt"

	"github.com/causeway-rtc/causeway/input"
)

// printer is an Injector that says what it would inject.
type printer struct{}

func (printer) Inject(e input.Event) error { fmt.Printf("%#v\n", e); return nil }
func (printer) Close() error               { return nil }

// A viewer presses a key and goes away without letting go of it.
func ExampleSeat() {
	shift, _ := input.KeyCode("ShiftLeft")
	seat := input.NewSeat(printer{}, input.Keyboard)

	msg := input.Append(nil, input.Key{Code: shift, Down: true})
	msg = input.Append(msg, input.Button{Button: 1, Down: true}) // it may not
	if err := seat.Handle(msg); err != nil {
		fmt.Println(err)
	}
	if err := seat.Close(); err != nil {
		fmt.Println(err)
	}
	fmt.Println("refused:", seat.Stats().Refused)
	// Output:
	// input.Key{Code:0x2a, Down:true}
	// input.Key{Code:0x2a, Down:false}
	// refused: 1
}
