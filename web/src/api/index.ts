/** The typed client of the server's API, made from its OpenAPI document. */
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
import { language } from "@/i18n";

export type Schemas = components["schemas"];
export type ProblemBody = Schemas["ProblemBody"];

export const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });

api.use({
  onRequest({ request }) {
    request.headers.set("Accept-Language", language());
    return request;
  },
});

/** A refusal of the server (RFC 9457), or the lack of any answer. */
export class Refused extends Error {
  readonly problem: ProblemBody | undefined;
  readonly status: number;

  constructor(status: number, problem?: ProblemBody) {
    super(problem?.detail ?? `HTTP ${status}`);
    this.problem = problem;
    this.status = status;
  }

  get code(): string {
    return this.problem?.code ?? "unreachable";
  }
}

/** The data of a reply, or `Refused`. */
export async function data<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let reply: { data?: T; error?: unknown; response: Response };
  try {
    reply = await call;
  } catch {
    throw new Refused(0);
  }
  if (reply.data !== undefined && reply.response.ok) return reply.data;
  if (reply.response.ok) return undefined as T;
  throw new Refused(reply.response.status, isProblem(reply.error) ? reply.error : undefined);
}

function isProblem(value: unknown): value is ProblemBody {
  return typeof value === "object" && value !== null && "code" in value && "detail" in value;
}
