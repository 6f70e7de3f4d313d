// Package bundle makes the browser's JavaScript of package web's TypeScript.
// Only the generator and tests import it: a host serves what is committed.
package bundle
