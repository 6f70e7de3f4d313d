// Package flags is the command line of Causeway's programs: flags that have an
// environment variable each, and errors that say what is allowed, and which
// flag or value was meant.
package flags
