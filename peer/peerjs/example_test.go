package peerjs_test

import (
	"context"
	"fmt"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/peerjs"
	"github.com/causeway-rtc/causeway/peer/peerserver"
)

// Two peers meet at a server in this process and exchange a value. At a server
// elsewhere, Options has Host and Port in place of Server.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server := peerserver.New(peerserver.Options{})
	defer server.Close()
	ended := make(chan error, 2)
	run := func(id string) *peerjs.Peer {
		p, err := peerjs.New(id, peerjs.Options{Server: server, ICEServers: []peer.ICEServer{}})
		if err != nil {
			panic(err)
		}
		go func() { ended <- p.Run(ctx) }()
		return p
	}
	alice, bob := run("alice"), run("bob")
	peerjs.On(bob, func(e peerjs.Incoming) {
		go func() {
			v, err := e.Connection.Receive(ctx)
			if err != nil {
				return
			}
			_ = e.Connection.Send(ctx, fmt.Sprint("you said ", v))
		}()
	})
	if err := bob.WaitOpen(ctx); err != nil {
		panic(err)
	}
	connection, err := alice.Connect(ctx, "bob", peerjs.ConnectOptions{Reliable: true})
	if err != nil {
		panic(err)
	}
	if err := connection.Send(ctx, map[string]any{"n": 7}); err != nil {
		panic(err)
	}
	fmt.Println(connection.Receive(ctx))
	cancel()
	fmt.Println(<-ended, <-ended)
	// Output:
	// you said map[n:7] <nil>
	// <nil> <nil>
}
