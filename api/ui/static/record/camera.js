/** Camera and microphone: asking for them, choosing among them, hearing whether sound comes. */

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } }; // more does not make a result better
const KINDS = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", NotReadableError: "busy", AbortError: "busy" };

/** Why there is no picture; `kind` is one of insecure, unsupported, denied, missing, busy, other. */
export class NoCamera extends Error {
  constructor(kind, cause) {
    super(kind, { cause });
    this.kind = kind;
  }
}

export class Camera {
  stream = null;

  /**
   * Open the devices that are asked for, else those that the browser prefers. Without a microphone, the picture alone.
   * @param {{camera?: string, microphone?: string}} wanted ids
   */
  async open({ camera, microphone } = {}) {
    this.close();
    if (!isSecureContext) throw new NoCamera("insecure");
    if (!navigator.mediaDevices?.getUserMedia || !globalThis.MediaRecorder) throw new NoCamera("unsupported");
    const video = { ...PICTURE, ...named(camera) };
    this.stream = await ask({ video, audio: { ...named(microphone) } }).catch((error) => {
      if (error.kind === "missing") return ask({ video });
      throw error;
    });
  }

  get hasSound() {
    return this.stream !== null && this.stream.getAudioTracks().length > 0;
  }

  /** @returns {Promise<{camera: MediaDeviceInfo[], microphone: MediaDeviceInfo[]}>} */
  async devices() {
    const all = await navigator.mediaDevices.enumerateDevices();
    return { camera: all.filter(({ kind }) => kind === "videoinput"), microphone: all.filter(({ kind }) => kind === "audioinput") };
  }

  /** @param {"video" | "audio"} kind @returns {string} the id of the device in use */
  deviceOf(kind) {
    return this.stream?.getTracks().find((track) => track.kind === kind)?.getSettings().deviceId ?? "";
  }

  /** Its light goes out. */
  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
  }
}

/** How loud it is. */
export class Level {
  /** @param {MediaStream} stream with sound */
  constructor(stream) {
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.samples = new Float32Array(this.analyser.fftSize);
    this.context.createMediaStreamSource(stream).connect(this.analyser);
  }

  /** @returns {number} 0 to 1; speech at a normal distance reaches about a half */
  now() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    return Math.min(1, Math.max(0, 1 + (10 * Math.log10(power + 1e-9)) / 60)); // from -60 dB on
  }

  close() {
    return this.context.close();
  }
}

const named = (id) => (id ? { deviceId: { exact: id } } : {});

async function ask(constraints) {
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    throw new NoCamera(KINDS[error.name] ?? "other", error);
  }
}
