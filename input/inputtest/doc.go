// Package inputtest holds the tests that every injector must pass, against a
// real X server and a real X client.
//
//	func TestConformance(t *testing.T) { inputtest.Run(t, xtest.Backend) }
//
// Its parts serve the tests that an injector has for itself: a [Server], a
// [Window] that sees what arrives, a [Terminal] that text is typed into. They
// skip the test when a program they need is not installed, and fail it when
// the environment variable CI is set.
//
//	input.Backend ─▶ [Server] ─▶ [Window], [Terminal]
package inputtest
