/** What a test waits for may take longer than a second where the machine is busy; what never comes still fails. */
import { vi } from "vitest";

const waitFor = vi.waitFor;
vi.waitFor = (callback, options) => waitFor(callback, typeof options === "number" ? options : { timeout: 30_000, ...options });
