package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/causeway-rtc/causeway/peer"
	"github.com/causeway-rtc/causeway/peer/broker"
	link "github.com/causeway-rtc/causeway/peer/signal"
	"github.com/causeway-rtc/causeway/peer/signal/drivers"
)

const help = `chat lets the people in a room talk, and send each other files, without a server
in between: a broker helps them find each other, and hears nothing after that.

  chat --serve 127.0.0.1:9001                      be the broker, and
  chat --broker ws://127.0.0.1:9001/ws --name ann  join, on as many machines as you like

Type a line to say it, or /send FILE to send a file to everybody who takes files.
Whoever knows the broker and the room can come in. End it with Ctrl-C.

Flags:
`

// lines is the number of the channel that carries what people say. A numbered
// channel is open with every peer that has opened the same number.
const lines = 0

type config struct{ serve, broker, room, name, files string }

func main() {
	var c config
	flags := flag.NewFlagSet("chat", flag.ExitOnError)
	flags.StringVar(&c.serve, "serve", "", "be a broker on this address; with --name, chat as well")
	flags.StringVar(&c.broker, "broker", "", "URL of the broker")
	flags.StringVar(&c.room, "room", "lobby", "join this room")
	flags.StringVar(&c.name, "name", "", "be called so, of letters, digits, - and _")
	flags.StringVar(&c.files, "files", "", "take files into this folder; refused without")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), help)
		flags.PrintDefaults()
	}
	_ = flags.Parse(os.Args[1:]) // it exits when they are wrong
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, c); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

// run does what the flags say until ctx is done.
func run(ctx context.Context, c config) error {
	switch {
	case c.serve == "" && c.broker == "":
		return errors.New("no broker: give the URL of one by --broker, or be one by --serve; see chat --help")
	case c.serve == "":
		conn, err := link.Dial(ctx, drivers.All(), c.broker, link.Options{})
		if err != nil {
			return fmt.Errorf("%w\nis a broker running there? see chat --help", err)
		}
		defer conn.Close()
		return c.chat(ctx, conn)
	}
	l, err := net.Listen("tcp", c.serve)
	if err != nil {
		return fmt.Errorf("%w\nchoose another address with --serve", err)
	}
	exchange := broker.New(broker.Options{})
	defer exchange.Close()
	mux := http.NewServeMux()
	mux.Handle("/ws", exchange)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	defer server.Close()
	go func() { _ = server.Serve(l) }() // until Close
	fmt.Printf("others join with --broker ws://%s/ws\n", l.Addr())
	if c.name == "" {
		<-ctx.Done()
		return nil
	}
	conn, err := exchange.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	return c.chat(ctx, conn)
}

// chat joins the room and takes part until ctx is done.
func (c config) chat(ctx context.Context, conn link.Conn) error {
	// The name is the id, so that the broker sees to it that nobody else here
	// is called so.
	p, err := peer.New(peer.Options{ID: c.name, Signal: conn, Verify: peer.AllowAll})
	if err != nil {
		return fmt.Errorf("%w\ngive a --name", err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.listen(ctx, p, &wg)
	if err := p.OpenChannel(peer.ChannelOptions{ID: lines, Label: "lines"}); err != nil {
		return err
	}
	failed := make(chan error, 1)
	wg.Go(func() { failed <- p.Run(ctx) })
	if err := p.JoinRoom(ctx, c.room, peer.JoinOptions{}); errors.Is(err, net.ErrClosed) {
		return explain(<-failed) // Run knows why
	} else if err != nil {
		return explain(err)
	}
	fmt.Printf("you are %s in %s\n", c.name, c.room)
	typed := read(os.Stdin)
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return explain(err)
		case line := <-typed:
			c.typed(ctx, p, line, &wg)
		}
	}
}

// listen prints what happens. Listeners must not block: what takes long gets a
// goroutine, which wg waits for.
func (c config) listen(ctx context.Context, p *peer.Peer, wg *sync.WaitGroup) {
	peer.On(p, func(e peer.ChannelOpened) { fmt.Println(e.Remote.ID(), "is here") })
	peer.On(p, func(e peer.ChannelClosed) { fmt.Println(e.Remote.ID(), "left") })
	peer.On(p, func(e peer.ChannelMessage) {
		if e.Text {
			fmt.Printf("%s: %s\n", e.Remote.ID(), printable(string(e.Data)))
		}
	})
	peer.On(p, func(e peer.DataChannelOpened) {
		wg.Go(func() {
			if err := c.take(ctx, e.Channel); err != nil {
				fmt.Printf("a file of %s: %v\n", e.Remote.ID(), err)
			}
		})
	})
}

// typed says a line, or does what it asks for.
func (c config) typed(ctx context.Context, p *peer.Peer, line string, wg *sync.WaitGroup) {
	path, isFile := strings.CutPrefix(line, "/send ")
	if !isFile {
		switch sent, err := p.SendText(line, peer.SendOptions{Label: "lines"}); {
		case err != nil:
			fmt.Println("not everybody heard that:", err)
		case sent == 0:
			fmt.Println("nobody is here yet")
		}
		return
	}
	for _, r := range p.Remotes() {
		wg.Go(func() {
			if err := send(ctx, r, strings.TrimSpace(path)); err != nil {
				fmt.Printf("%s did not get %s: %v\n", r.ID(), path, err)
			}
		})
	}
}

// explain adds what to do about an error.
func explain(err error) error {
	switch {
	case errors.Is(err, link.ErrTaken):
		return fmt.Errorf("%w\nsomebody is called so; choose another --name", err)
	case errors.Is(err, net.ErrClosed):
		return fmt.Errorf("%w\nthe broker went away; start again when it is back", err)
	}
	return err
}

// read yields what a person types, until the process ends: a read from a
// terminal cannot be interrupted.
func read(r io.Reader) <-chan string {
	typed := make(chan string)
	go func() {
		for s := bufio.NewScanner(r); s.Scan(); {
			typed <- s.Text()
		}
	}()
	return typed
}
