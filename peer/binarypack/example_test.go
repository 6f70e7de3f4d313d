package binarypack_test

import (
	"fmt"

	"github.com/causeway-rtc/causeway/peer/binarypack"
)

func ExampleMarshal() {
	b, err := binarypack.Marshal(map[string]any{"a": 1, "b": []any{true, nil, "é"}})
	fmt.Printf("%x %v\n", b, err)
	// Output: 82b16101b16293c3c0b2c3a9 <nil>
}

// A value that is too long for one message of a data channel goes in chunks.
func ExampleSplit() {
	packed, err := binarypack.Marshal(make([]byte, 40_000))
	if err != nil {
		fmt.Println(err)
		return
	}
	a := binarypack.NewAssembler(binarypack.AssemblerOptions{})
	for _, message := range binarypack.Split(packed, 1) {
		v, ok, err := a.Add(message)
		if err != nil {
			fmt.Println(err)
			return
		}
		if ok {
			fmt.Println(len(message), "bytes complete a value of", len(v.([]byte)))
		} else {
			fmt.Println(len(message), "bytes wait")
		}
	}
	// Output:
	// 16331 bytes wait
	// 16331 bytes wait
	// 7434 bytes complete a value of 40000
}
