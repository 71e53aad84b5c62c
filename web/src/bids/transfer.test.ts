import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ProblemBody } from "@/api";
import { Rate } from "./rate";
import { transfer, type Answer, type Transfer, type Wire } from "./transfer";

vi.mock("@/i18n", () => ({ language: () => "zh-CN" }));

const problem = (code: string, params?: Record<string, string>): ProblemBody => ({
  type: "",
  title: "",
  status: 0,
  code,
  detail: "",
  detail_zh: "",
  detail_en: "",
  ...(params ? { params } : {}),
});
const RECEIPT = { body: "{}", signature: "" };

/** A server that keeps what arrives, and fails as it is told to. */
class Server implements Wire {
  bytes = new Uint8Array(0);
  faults: ((piece: Uint8Array) => Answer | undefined)[] = [];
  waits: number[] = [];
  patches = 0;
  private clock = 0;

  constructor(readonly length: number) {}

  async patch(_upload: string, offset: number, piece: Blob, moved: (bytes: number) => void): Promise<Answer> {
    this.patches += 1;
    this.clock += 1_000;
    const bytes = new Uint8Array(await piece.arrayBuffer());
    const fault = this.faults.shift()?.(bytes);
    if (fault) return fault;
    if (offset !== this.bytes.length) return { status: 409, problem: problem("upload-offset") };
    moved(bytes.length);
    this.take(bytes);
    return { status: 204, offset: this.bytes.length, ...(this.bytes.length === this.length ? { receipt: RECEIPT } : {}) };
  }

  async head(): Promise<Answer> {
    return { status: 200, offset: this.bytes.length };
  }

  async wait(ms: number): Promise<void> {
    this.waits.push(ms);
  }

  now(): number {
    return this.clock;
  }

  take(bytes: Uint8Array): void {
    const all = new Uint8Array(this.bytes.length + bytes.length);
    all.set(this.bytes);
    all.set(bytes, this.bytes.length);
    this.bytes = all;
  }
}

const whole = new Uint8Array(5 << 20).map((_, index) => (index * 31 + (index >> 8)) & 0xff);
let server: Server;
let told: number[];

/** Comparing megabytes by toEqual takes minutes. */
const arrived = () => Buffer.compare(server.bytes, whole) === 0;

const job = (offset = 0): Transfer => ({
  upload: "/u",
  length: whole.length,
  offset,
  body: new Blob([whole]),
  inSession: (work) => work(),
  progress: (done) => told.push(done),
  waiting: () => undefined,
});

beforeEach(() => {
  server = new Server(whole.length);
  told = [];
});

describe("an upload", () => {
  it("arrives whole, and its last answer is the receipt", async () => {
    expect(await transfer(job(), server)).toEqual(RECEIPT);
    expect(arrived()).toBe(true);
    expect(told.at(-1)).toBe(whole.length);
  });

  it("goes on where the server is", async () => {
    server.take(whole.subarray(0, 3_000_001));
    expect(await transfer(job(3_000_001), server)).toEqual(RECEIPT);
    expect(arrived()).toBe(true);
  });

  it("survives a line that breaks in the middle of a piece", async () => {
    server.faults = [
      (piece) => {
        server.take(piece.subarray(0, 1234));
        return { status: 0 };
      },
      () => ({ status: 0 }),
      () => ({ status: 503, problem: problem("unavailable") }),
      () => ({ status: 423, problem: problem("busy") }),
    ];
    expect(await transfer(job(), server)).toEqual(RECEIPT);
    expect(arrived()).toBe(true);
    expect(server.waits.length).toBe(4);
    expect(server.waits[1]).toBeGreaterThan(server.waits[0] ?? 0);
  });

  it("sends again what was damaged on the way, without waiting", async () => {
    server.faults = [() => ({ status: 460, problem: problem("upload-checksum") })];
    expect(await transfer(job(), server)).toEqual(RECEIPT);
    expect(server.waits).toEqual([]);
  });

  it("finds that the last answer was lost by asking", async () => {
    server.faults = [];
    const lost = new Server(whole.length);
    lost.head = async () => ({ status: 200, offset: whole.length, receipt: RECEIPT });
    lost.faults = [() => ({ status: 0 })];
    expect(await transfer(job(), lost)).toEqual(RECEIPT);
    expect(lost.patches).toBe(1);
  });

  it("gives up what is refused, and says why", async () => {
    server.faults = [() => ({ status: 409, problem: problem("late") })];
    await expect(transfer(job(), server)).rejects.toMatchObject({ code: "late" });
  });

  it("gives up a file that is damaged itself", async () => {
    server.faults = Array.from({ length: 9 }, () => () => ({ status: 422, problem: problem("altered") }));
    await expect(transfer(job(), server)).rejects.toMatchObject({ code: "altered" });
    expect(server.patches).toBe(4);
  });

  it("is told when the upload is gone", async () => {
    server.faults = [() => ({ status: 0 })];
    server.head = async () => ({ status: 404 });
    await expect(transfer(job(), server)).rejects.toMatchObject({ code: "upload-gone" });
  });
});

describe("the rate", () => {
  it("is that of the last seconds", () => {
    const rate = new Rate();
    expect(rate.sample(0, 0)).toBe(0);
    expect(rate.sample(1_000_000, 1_000)).toBe(1_000_000);
    for (let second = 2; second < 30; second += 1) rate.sample(1_000_000, second * 1_000);
    expect(rate.sample(1_000_000, 30_000)).toBe(0);
    expect(rate.sample(500_000, 31_000)).toBe(0);
    expect(rate.sample(1_500_000, 32_000)).toBe(1_000_000);
  });
});
