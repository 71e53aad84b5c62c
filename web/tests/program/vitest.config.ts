/** The page's modules against the real program, which KAIBIAO_BIN names. */
import page from "../../vite.config.ts";

export default { ...page, test: { ...page.test, include: ["tests/program/*.test.ts"] } };
