// Package stocktest has stock pages of other systems at hand for tests: Chromium
// with an original client, and a server that can be cut off and started again.
// Without Node.js or Chromium tests are skipped, or fail when CI is set.
//
//	npm, Chromium ─▶ stocktest ─▶ test
package stocktest
