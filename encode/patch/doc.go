// Package patch codes parts of a picture without loss.
//
// Video is quick, and close to the picture; a patch is the picture. A host
// sends its viewers patches of what stands still, or of the little that has
// just changed, and they draw them over the video, until the video has
// something newer there.
//
// [Append] writes a [Patch] and [Parse] reads one; the form is described in
// peer/signal/PROTOCOL.md. A [Packer] makes its pixels small, an [Unpacker]
// brings them back.
package patch
