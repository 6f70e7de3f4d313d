// Package skyway reads the SkyWay API keys that commands take by flag and by
// file.
package skyway
