// Package skywayservertest has stock SkyWay pages at hand for tests: Chromium
// with the npm package skyway-js in its pinned version, and a server that can
// be cut off and started again. Without Node.js or Chromium tests are skipped,
// or fail when CI is set.
//
//	npm, Chromium ─▶ skywayservertest ─▶ test
package skywayservertest
