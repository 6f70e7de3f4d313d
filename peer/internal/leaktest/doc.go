// Package leaktest fails a test run that leaves goroutines behind.
package leaktest
