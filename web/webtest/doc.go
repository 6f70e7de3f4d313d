// Package webtest drives the viewer page in a real Chromium, for tests and
// measurements: it opens pages, waits for pictures, presses real keys, and
// reads what the page knows and shows. Chromium is the only browser it
// drives; where that is missing, tests are skipped, or fail when CI is set.
//
//	web ─▶ webtest ─▶ test
package webtest
