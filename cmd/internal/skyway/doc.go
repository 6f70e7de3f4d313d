// Package skyway has what commands need to serve SkyWay pages: the API keys
// that they take by flag and by file, and the SFU behind rooms.
package skyway
