/** A video that a browser may be asked to play. */
export interface VideoWish {
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  /** In bits per second. */
  readonly bitrate: number;
  readonly framerate: number;
}

/** How well a browser plays a video that comes over WebRTC. */
export interface MediaCapabilities {
  readonly supported: boolean;
  readonly smooth: boolean;
  readonly powerEfficient: boolean;
}

/** Full HD in H.264 at 60 frames a second. */
const usual: VideoWish = { contentType: 'video/H264', width: 1920, height: 1080, bitrate: 10_000_000, framerate: 60 };

/** Asks the browser how well it plays a video. One that cannot tell supports what its WebRTC names. */
export async function getMediaCapabilities(video: VideoWish = usual): Promise<MediaCapabilities> {
  try {
    return await navigator.mediaCapabilities.decodingInfo({ type: 'webrtc', video });
  } catch {
    const codecs = globalThis.RTCRtpReceiver?.getCapabilities('video')?.codecs ?? [];
    const wanted = video.contentType.split(';')[0]?.trim().toLowerCase();
    const supported = codecs.some(({ mimeType }) => mimeType.toLowerCase() === wanted);
    return { supported, smooth: supported, powerEfficient: false };
  }
}
