/** The answers first: the page's client keeps the `fetch` that it finds. */
import "./server";

await import("./app");
