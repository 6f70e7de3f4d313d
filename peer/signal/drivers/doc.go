// Package drivers lists the signalling transports that can be dialled by URL.
package drivers
