package webtest

import (
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Press presses and releases each key of a text, as a US keyboard would:
// letters by their keys, and chromedp/kb's constants such as kb.Enter by
// theirs. Unlike chromedp's KeyEvent it sends one event a press, as a real
// keyboard does; the page would type a letter twice otherwise.
func (b *Browser) Press(text string, modifiers ...input.Modifier) {
	b.t.Helper()
	var held input.Modifier
	for _, m := range modifiers {
		held |= m
	}
	for _, r := range text {
		b.Do(down(r, held), up(r, held))
	}
}

// MoveMouse moves the mouse to a place of the page, in CSS pixels.
func (b *Browser) MoveMouse(x, y float64) {
	b.t.Helper()
	b.Do(input.DispatchMouseEvent(input.MouseMoved, x, y))
}

// Click moves the mouse to a place of the page and clicks the left button.
func (b *Browser) Click(x, y float64) {
	b.t.Helper()
	b.MoveMouse(x, y)
	b.Do(chromedp.MouseClickXY(x, y))
}

// Scroll turns the wheel over a place of the page: 120 is a notch down.
func (b *Browser) Scroll(x, y, dy float64) {
	b.t.Helper()
	b.Do(input.DispatchMouseEvent(input.MouseWheel, x, y).WithDeltaX(0).WithDeltaY(dy))
}

func down(r rune, held input.Modifier) *input.DispatchKeyEventParams {
	p := event(input.KeyDown, r, held)
	k, known := kb.Keys[r]
	if text := held&(input.ModifierCtrl|input.ModifierAlt|input.ModifierMeta) == 0; text && (!known || k.Print) {
		p.Text = string(r)
		p.UnmodifiedText = string(r)
	}
	return p
}

func up(r rune, held input.Modifier) *input.DispatchKeyEventParams {
	return event(input.KeyUp, r, held)
}

func event(kind input.KeyType, r rune, held input.Modifier) *input.DispatchKeyEventParams {
	p := input.DispatchKeyEvent(kind).WithModifiers(held)
	k, known := kb.Keys[r]
	if !known {
		return p.WithKey(string(r))
	}
	if k.Shift {
		p = p.WithModifiers(held | input.ModifierShift)
	}
	return p.WithKey(k.Key).WithCode(k.Code).WithWindowsVirtualKeyCode(k.Windows).WithNativeVirtualKeyCode(k.Native)
}
