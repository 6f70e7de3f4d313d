package bench

import (
	"context"
	"errors"
)

// pages is how many pages a [Page] has before they come again.
const pages = 4

// Page is an [App] that stands still and shows a page of text, one half code
// in an editor, the other an article, until it is told to turn it.
type Page struct {
	*canvas
	seq    int
	draws  []Draw
	closed bool
}

// OpenPage opens the application on display.
func OpenPage(display string) (*Page, error) {
	w, err := newWriter()
	if err != nil {
		return nil, err
	}
	c, err := openCanvas(display)
	if err != nil {
		return nil, err
	}
	p := &Page{canvas: c, seq: firstSeq}
	if err := p.share(pages * p.size()); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	for n := range pages {
		paintPage(w, sheet{p.memory[n*p.size() : (n+1)*p.size()], p.width, p.height}, n)
	}
	if _, err := p.draw(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// size is the bytes of one page.
func (p *Page) size() int { return p.width * p.height * 4 }

// Turn shows the next page.
func (p *Page) Turn() (Draw, error) {
	p.seq++
	d, err := p.draw()
	p.draws = append(p.draws, d)
	return d, err
}

// draw shows the page of p.seq with its barcode.
func (p *Page) draw() (Draw, error) {
	at := p.seq % pages * p.size()
	PaintBarcode(p.memory[at:], p.width*4, CodeOf(p.seq))
	issued, drawn, err := p.put(at, p.width, p.height, rect{width: p.width, height: p.height})
	return Draw{Seq: p.seq, Issued: issued, Drawn: drawn}, err
}

// Run implements [App]: a page stands still.
func (p *Page) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Draws implements [App].
func (p *Page) Draws() []Draw { return p.draws }

// Close implements [App].
func (p *Page) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	return p.close()
}
