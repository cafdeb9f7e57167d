/** The tiers; their numbers are in resources/plans.yml and nowhere else. */
export const PLAN_NAMES = ["trial", "standard", "premium"] as const;

export type PlanName = (typeof PLAN_NAMES)[number];

export function isPlanName(text: unknown): text is PlanName {
  return PLAN_NAMES.some((name) => name === text);
}
