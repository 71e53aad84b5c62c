/** Who may go where: what a route asks of roles. The server asks again; this only spares a dead end. */
import type { Router } from "vue-router";
import { useSession } from "@/session";

/** Whether somebody with these roles may go where `wanted` is asked for; an empty list asks for a login only. */
export function allowed(wanted: readonly string[] | undefined, roles: readonly string[]): boolean {
  return !wanted || wanted.length === 0 || wanted.some((role) => roles.includes(role));
}

/** Where to go after a login: an address of this page, and never another's. */
export function back(asked: unknown): string {
  return typeof asked === "string" && /^\/(?![/\\])/.test(asked) ? asked : "/";
}

/** Sends who may not go there to the login, which leads back. */
export function guard(router: Router): void {
  router.beforeEach(async (to) => {
    const wanted = to.meta["roles"] as string[] | undefined;
    if (!wanted) return true;
    const session = useSession();
    await session.restore();
    if (session.session && allowed(wanted, session.roles)) return true;
    return { path: "/login", query: { to: to.fullPath } };
  });
}
