// Package skywayservertest has stock SkyWay pages at hand for tests: those of
// stocktest, with the npm package skyway-js in its pinned version.
//
//	stocktest ─▶ skywayservertest ─▶ test
package skywayservertest
