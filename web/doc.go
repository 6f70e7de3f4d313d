// Package web serves the viewer: a page that shows a host's desktop in a
// browser, and the browser library it is made of.
//
// The sources are TypeScript. src/core is the library: connections, data
// channels, streams that are watched and streams that are published, input,
// statistics; it emits events and draws nothing but the picture and the
// pointer. A browser can be a host with it. src/core/index.ts is all that
// others see of it. src/ui is the page around it and may import that, never
// the reverse; src/main.ts joins the two. [go generate] bundles them into
// static/dist, which is committed, so that building a host needs neither npm
// nor the bundler:
//
//	go generate ./web
//
// The page connects by itself, with the token in its address's fragment, and
// shows no toolbar when that says "bare" as well (#token=…&bare). It offers
// window.causeway (connection, peer, stream, state, error, stats()) to
// scripts and tests; see src/main.ts. Package webtest drives it in a real
// Chromium.
//
//	peer ══ network ══▶ web ─▶ screen
//	peer ◀═ network ═══ web ◀─ keyboard, mouse, touch
//
// [go generate]: https://go.dev/blog/generate
package web
