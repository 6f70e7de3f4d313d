package skyway_test

import (
	"context"
	"fmt"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/skyway"
	"github.com/causeway-rtc/causeway/peer/skywayserver"
)

// Two peers meet at a server in the same process, and one answers the other.
func Example() {
	const key = "00000000-0000-0000-0000-000000000000"
	server := skywayserver.New(skywayserver.Options{Keys: map[string]skywayserver.Key{key: {}}})
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	start := func(id string) (*skyway.Peer, <-chan error) {
		p, err := skyway.New(id, skyway.Options{Key: key, Server: server, ICEServers: []peer.ICEServer{}})
		if err != nil {
			panic(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		return p, ended
	}
	alice, first := start("alice")
	bob, second := start("bob")

	skyway.On(bob, func(e skyway.Incoming) {
		go func() {
			name, err := e.Connection.Receive(ctx)
			if err == nil {
				_ = e.Connection.Send(ctx, fmt.Sprint("hello ", name))
			}
		}()
	})
	if err := bob.WaitOpen(ctx); err != nil {
		panic(err)
	}
	c, err := alice.Connect(ctx, "bob", skyway.ConnectOptions{})
	if err != nil {
		panic(err)
	}
	if err := c.Send(ctx, "alice"); err != nil {
		panic(err)
	}
	fmt.Println(c.Receive(ctx))
	cancel()
	fmt.Println(<-first, <-second)
	// Output:
	// hello alice <nil>
	// <nil> <nil>
}
