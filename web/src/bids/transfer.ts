/** Uploads the ciphertexts by tus 1.0.0, piece by piece, and goes on where it was after any interruption. It gives up only when refused. */
import { Refused, type ProblemBody, type Schemas } from "@/api";
import { language } from "@/i18n";

/** Carries requests over the wire. Tests put another in its place. */
export interface Wire {
  patch(upload: string, offset: number, piece: Blob, moved: (bytes: number) => void): Promise<Answer>;
  head(upload: string): Promise<Answer>;
  /** Resolves after so long, or when the network is back. */
  wait(ms: number): Promise<void>;
  now(): number;
}

export interface Answer {
  /** 0: no answer came. */
  status: number;
  offset?: number;
  receipt?: Schemas["StatementView"];
  problem?: ProblemBody;
}

export interface Transfer {
  upload: string;
  length: number;
  offset: number;
  /** The body, without the header. */
  body: Blob;
  /** Runs what needs a session again after a new login. */
  inSession<T>(work: () => Promise<T>): Promise<T>;
  progress(done: number): void;
  waiting(is: boolean): void;
}

const SMALLEST = 256 << 10;
const LARGEST = 16 << 20;
/** A piece takes about so long, ms: short enough to lose little, long enough to be worth a request. */
const TAKES = 4_000;
const MAX_PAUSE = 15_000;
/** How often a piece that the server finds altered is sent again. After that the file itself must be damaged. */
const ALTERED = 3;

/** Sends what is missing; the receipt, if the last answer carried it. Throws `Refused`. */
export async function transfer(job: Transfer, wire: Wire): Promise<Schemas["StatementView"] | undefined> {
  let { offset } = job;
  let size = 1 << 20;
  let failures = 0;
  let altered = 0;
  job.progress(offset);
  while (offset < job.length) {
    const piece = job.body.slice(offset, Math.min(offset + size, job.length));
    const begun = wire.now();
    const from = offset;
    const answer = await inSession(job, () => wire.patch(job.upload, from, piece, (bytes) => job.progress(from + bytes)));
    if (answer.status === 204 || answer.status === 200) {
      job.waiting(false);
      offset = answer.offset ?? offset + piece.size;
      job.progress(offset);
      failures = 0;
      if (answer.receipt) return answer.receipt;
      size = fitting(piece.size, wire.now() - begun);
      continue;
    }
    const again = next(answer);
    if (again === "refused" || (answer.problem?.code === "altered" && ++altered > ALTERED))
      throw new Refused(answer.status, answer.problem);
    size = Math.max(SMALLEST, size / 2);
    failures += 1;
    if (again === "pause") {
      job.waiting(true);
      await wire.wait(Math.min(MAX_PAUSE, 250 * 2 ** Math.min(failures, 7)));
    }
    const standing = await inSession(job, () => wire.head(job.upload));
    if (standing.receipt) return standing.receipt;
    if (standing.status === 404) throw new Refused(404, standing.problem ?? gone());
    if (standing.offset !== undefined) offset = standing.offset;
    job.progress(offset);
  }
  return undefined;
}

/** What to do about an answer that is no success. */
function next(answer: Answer): "pause" | "ask" | "refused" {
  const code = answer.problem?.code;
  if (answer.status === 409 && code === "upload-offset") return "ask";
  if (answer.status === 460 || code === "altered") return "ask";
  if (answer.status === 423 || answer.status === 0 || answer.status === 408 || answer.status === 429) return "pause";
  if (answer.status >= 500 && answer.status !== 507) return "pause";
  return "refused";
}

function fitting(bytes: number, took: number): number {
  const ideal = (bytes * TAKES) / Math.max(50, took);
  return Math.round(Math.min(LARGEST, Math.max(SMALLEST, Math.min(ideal, bytes * 2))));
}

async function inSession(job: Transfer, ask: () => Promise<Answer>): Promise<Answer> {
  return job.inSession(async () => {
    const answer = await ask();
    if (answer.status === 401) throw new Refused(401, answer.problem);
    return answer;
  });
}

const gone = (): ProblemBody => ({
  type: "urn:kaibiao:problem:upload-gone",
  title: "",
  status: 404,
  code: "upload-gone",
  detail: "",
  detail_zh: "",
  detail_en: "",
});

/** When no byte has moved for so long, ms, the connection hangs. */
const STALLED = 30_000;

export const wire: Wire = {
  async patch(upload, offset, piece, moved) {
    const digest = await crypto.subtle.digest("SHA-256", await piece.arrayBuffer());
    const checksum = btoa(String.fromCharCode(...new Uint8Array(digest)));
    return send(
      "PATCH",
      upload,
      { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream", "Upload-Checksum": `sha256 ${checksum}` },
      piece,
      moved,
    );
  },
  head: (upload) => send("HEAD", upload, {}),
  wait(ms) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        removeEventListener("online", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      addEventListener("online", done);
    });
  },
  now: () => performance.now(),
};

/** XMLHttpRequest, since fetch does not tell how far an upload is. */
function send(
  method: string,
  url: string,
  headers: { [name: string]: string },
  body?: Blob,
  moved?: (bytes: number) => void,
): Promise<Answer> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader("Tus-Resumable", "1.0.0");
    request.setRequestHeader("Accept-Language", language());
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    let last = performance.now();
    const watchdog = setInterval(() => {
      if (performance.now() - last > STALLED) request.abort();
    }, 1_000);
    request.upload.addEventListener("progress", (event) => {
      last = performance.now();
      moved?.(event.loaded);
    });
    request.addEventListener("loadend", () => {
      clearInterval(watchdog);
      resolve(answerOf(request));
    });
    request.send(body);
  });
}

function answerOf(request: XMLHttpRequest): Answer {
  const offset = request.getResponseHeader("Upload-Offset");
  const receipt = request.getResponseHeader("Kaibiao-Receipt");
  return {
    status: request.status,
    ...(offset === null ? {} : { offset: Number(offset) }),
    ...(receipt === null ? {} : { receipt: parsed<Schemas["StatementView"]>(utf8(receipt)) }),
    ...(request.status >= 400 ? { problem: parsed<ProblemBody>(request.responseText) } : {}),
  };
}

function utf8(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
