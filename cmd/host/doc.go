// Command host streams a desktop to viewers: it captures the picture and the
// sound, encodes them, serves the viewer's page, and injects the keys and the
// pointer that come back.
//
// Run it without flags to stream $DISPLAY, or a virtual display where there is
// none. 'host --help' lists the flags, 'host list' what this machine offers.
package main
