// Package pattern makes a moving test picture that tells the time.
//
// It needs no display, so it proves that everything behind capture works. A
// timestamp is drawn into the picture such that it can be read back after
// lossy coding and scaling, by [Read] or by a page that draws the video into a
// canvas: the reader's clock minus the timestamp is the latency, all included.
//
// # Layout of the timestamp
//
// The timestamp is the frame's time in whole milliseconds, 32 bits, followed
// by 8 bits of checksum. The 40 bits are blocks in the upper eighth of the
// picture, two rows of twenty, each 1/20 of the picture wide and 1/16 high.
// White is one, black is zero. Bit 0 is upper left and the most significant of
// the milliseconds, bit 19 is upper right, bit 20 begins the second row, bits
// 32 to 39 are the checksum. Column c of row r covers the pixels from
//
//	x = floor(c*W/20) to before floor((c+1)*W/20)
//	y = floor(r*H/16) to before floor((r+1)*H/16)
//
// To read a bit, average the luma of the block's middle, half as wide and half
// as high as the block, and compare with 50 % grey. The checksum is the CRC-8
// of the four bytes of milliseconds, most significant first, with polynomial
// 0x07 and initial value 0xFF, nothing reflected or inverted:
//
//	let crc = 0xff;
//	for (const byte of bytes) {
//	    crc ^= byte;
//	    for (let i = 0; i < 8; i++) crc = crc & 0x80 ? (crc << 1 ^ 0x07) & 0xff : crc << 1;
//	}
//
// A black or a white picture fails the checksum.
//
// Below the timestamp, colour bars move to the left and a square goes round,
// so that an encoder has something to do and a person something to watch.
//
//	pattern ─▶ encode
package pattern
