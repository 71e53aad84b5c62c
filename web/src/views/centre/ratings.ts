/** What those who took part thought of the service (好差评). */
import type { Schemas } from "@/api";

export type RatingsOf = Schemas["RatingsOf"];

export const SCORES = [5, 4, 3, 2, 1] as const;
export type Score = (typeof SCORES)[number];

interface Sum {
  count: number;
  /** Undefined where nobody has rated. */
  mean: number | undefined;
  /** Per cent of 4 and more. */
  satisfied: number | undefined;
  spread: Record<Score, number>;
}

export function sumOf(projects: readonly RatingsOf[]): Sum {
  const scores = projects.flatMap((project) => project.ratings.map((rating) => rating.score));
  const spread = { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 };
  for (const score of scores) if (score in spread) spread[score as Score] += 1;
  const count = scores.length;
  const total = scores.reduce((sum, score) => sum + score, 0);
  return {
    count,
    mean: count > 0 ? total / count : undefined,
    satisfied: count > 0 ? (100 * (spread[4] + spread[5])) / count : undefined,
    spread,
  };
}
