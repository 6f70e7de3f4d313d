"""Streams a display to one browser with GStreamer's webrtcbin, and takes its
keys and pointer back.

webrtcbin.py PAGE KBPS streams $DISPLAY, prints the address of the
page, and serves until it is killed.
"""

import http.server
import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC  # noqa: E402
from Xlib import X, XK, display  # noqa: E402
from Xlib.ext import xtest  # noqa: E402

PIPELINE = """
webrtcbin name=connection bundle-policy=max-bundle latency=0
ximagesrc use-damage=false show-pointer=false
! video/x-raw,framerate=60/1
! queue max-size-buffers=1 leaky=downstream
! videoconvert n-threads=2
! queue max-size-buffers=1 leaky=downstream
! x264enc name=encoder tune=zerolatency speed-preset=ultrafast bitrate={kbps}
  pass=qual quantizer=23 vbv-buf-capacity=120 key-int-max=36000
! video/x-h264,profile=constrained-baseline
! rtph264pay config-interval=-1 aggregate-mode=zero-latency mtu=1200
! application/x-rtp,media=video,encoding-name=H264,payload=96
! connection.
"""


class Desktop:
    """The keyboard and the pointer of $DISPLAY."""

    def __init__(self):
        self.display = display.Display()

    def take(self, channel, message):
        """Does what one message of the page says."""
        kind, *rest = message.split(" ", 2)
        if kind == "key":
            sym = XK.string_to_keysym(rest[1])
            code = self.display.keysym_to_keycode(sym)
            if code:
                self.fake(X.KeyPress if rest[0] == "1" else X.KeyRelease, code)
        elif kind == "button":
            self.fake(X.ButtonPress if rest[0] == "1" else X.ButtonRelease, int(rest[1]))
        elif kind == "move":
            self.fake(X.MotionNotify, 0, x=int(rest[0]), y=int(rest[1]))

    def fake(self, kind, detail, **place):
        xtest.fake_input(self.display, kind, detail, **place)
        self.display.flush()


class Connection:
    """One pipeline and its half of the negotiation."""

    def __init__(self, kbps):
        self.pipeline = Gst.parse_launch(PIPELINE.format(kbps=kbps))
        self.peer = self.pipeline.get_by_name("connection")
        self.pipeline.set_state(Gst.State.READY)
        # A burst of packets may overflow a socket's buffer even here, and
        # without this a lost one is missed until the next key frame.
        self.peer.emit("get-transceiver", 0).set_property("do-nack", True)
        self.desktop = Desktop()
        self.channel = self.peer.emit("create-data-channel", "input", None)
        self.channel.connect("on-message-string", self.desktop.take)
        self.gathered = threading.Event()
        self.peer.connect("on-negotiation-needed", self.negotiate)
        self.peer.connect("notify::ice-gathering-state", self.gather)
        self.pipeline.set_state(Gst.State.PLAYING)

    def negotiate(self, _):
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offer_made))

    def offer_made(self, promise):
        reply = promise.get_reply()  # owns the offer
        offer = reply.get_value("offer")
        self.peer.emit("set-local-description", offer, Gst.Promise.new())

    def gather(self, *_):
        if self.peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            self.gathered.set()

    def offer(self):
        """The offer with every candidate in it."""
        self.gathered.wait(20)
        return self.peer.get_property("local-description").sdp.as_text()

    def answer(self, text):
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.peer.emit("set-remote-description", answer, Gst.Promise.new())
        for line in text.split("\n"):
            if line.startswith("a=candidate:") and ".local" not in line:
                self.peer.emit("add-ice-candidate", 0, line.strip()[2:])


def handler(page, connection):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/offer":
                self.reply("application/json", json.dumps({"type": "offer", "sdp": connection.offer()}).encode())
            else:
                with open(page, "rb") as file:
                    self.reply("text/html", file.read())

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            connection.answer(json.loads(body)["sdp"])
            self.reply("text/plain", b"")

        def reply(self, kind, body):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def main():
    page, kbps = sys.argv[1:]
    Gst.init(None)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(page, Connection(kbps)))
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
