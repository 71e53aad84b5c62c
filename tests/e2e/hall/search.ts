/** What the address says. */
export const search = new URLSearchParams(location.search);
