/** Custodians' unattended agents. */

/** One that was not heard for so long is called silent, ms. */
export const AGENT_SILENT = 2 * 60_000;
