import { simulateOnboarding } from "../support/onboarding-simulation.ts";
import { atMost, type Measurement } from "./measurement.ts";

const TENANTS = 10_000;
const WORKERS = 32;

/** 10,000 onboardings on a simulated clock, against the time that AWS's rates allow. */
export async function measureOnboardingPace(): Promise<Measurement[]> {
  const { seconds, allowed, lost, refused } = await simulateOnboarding(TENANTS, {
    processes: 1,
    workers: WORKERS,
  });
  const name = `${TENANTS} tenants onboarded at AWS's rates, simulated`;
  return [
    atMost(name, "s", seconds, allowed, 1.05),
    {
      name: `calls that AWS refused (${refused}) and that were lost`,
      unit: "",
      value: lost,
      baseline: refused,
      ratio: lost,
      target: "0",
      meets: lost === 0,
    },
  ];
}
