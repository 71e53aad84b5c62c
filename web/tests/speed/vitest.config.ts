/** How fast the page seals. This is measured on demand, and is no part of the tests. */
import page from "../../vite.config.ts";

export default { ...page, test: { ...page.test, include: ["tests/speed/*.test.ts"] } };
