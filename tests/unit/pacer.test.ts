import { describe, expect, it } from "@jest/globals";
import { Pacer } from "../../src/aws/pacer.ts";
import { Pacing } from "../../src/aws/pacing.ts";
import { simulateOnboarding } from "../support/onboarding-simulation.ts";
import { SimulatedClock } from "../support/simulated-clock.ts";

/** When each of so many calls that ask at once may go, in seconds from now. */
async function turns(pacer: Pacer, clock: SimulatedClock, calls: number): Promise<number[]> {
  const begun = clock.now();
  const gone: number[] = [];
  const call = async () => {
    await pacer.turn();
    gone.push((clock.now() - begun) / 1000);
  };
  await clock.run(Promise.all(Array.from({ length: calls }, call)));
  return gone;
}

describe("the pace of calls", () => {
  it("holds nothing back until AWS has refused one, and then lets them go one by one at its rate", async () => {
    const clock = new SimulatedClock();
    const pacer = new Pacer(5, clock);
    expect(await turns(pacer, clock, 4)).toEqual([0, 0, 0, 0]);
    pacer.refused();
    expect(await turns(pacer, clock, 4)).toEqual([0, 0.2, 0.4, 0.6]);
  });

  it("takes refusals that come together for one, and slows down by those that come although it is paced", async () => {
    const clock = new SimulatedClock();
    const pacer = new Pacer(5, clock);
    for (let refusals = 0; refusals < 30; refusals += 1) pacer.refused();
    expect(await turns(pacer, clock, 3)).toEqual([0, 0.2, 0.4]);
    await clock.run(clock.sleep(1000));
    pacer.refused();
    const [first = 0, second = 0] = await turns(pacer, clock, 2);
    expect(second - first).toBeCloseTo(0.2 / 0.7, 2);
  });

  it("is forgotten a minute after the last refusal, if nobody waits", async () => {
    const clock = new SimulatedClock();
    const pacer = new Pacer(5, clock);
    pacer.refused();
    await turns(pacer, clock, 2);
    await clock.run(clock.sleep(61_000));
    expect(await turns(pacer, clock, 3)).toEqual([0, 0, 0]);
  });

  it("is one for all calls of a kind, and no concern of another service", async () => {
    const clock = new SimulatedClock();
    const pacing = new Pacing(clock);
    const tooMany = Object.assign(new Error("slow down"), { name: "TooManyRequestsException" });
    const refuse = () => Promise.reject(tooMany);
    const go = async () => clock.now();
    await expect(pacing.attempt("cognito", "CreateUserPoolClientCommand", refuse)).rejects.toBe(tooMany);
    const begun = clock.now();
    const moments = await clock.run(
      Promise.all([
        pacing.attempt("cognito", "DeleteUserPoolClientCommand", go),
        pacing.attempt("cognito", "CreateUserPoolClientCommand", go),
        pacing.attempt("cognito", "ListUserPoolClientsCommand", go),
        pacing.attempt("api-gateway", "CreateApiKeyCommand", go),
      ]),
    );
    expect(moments.map((moment) => moment - begun)).toEqual([0, 200, 0, 0]);
  });
});

describe("500 tenants onboarded by 32 workers of a process", () => {
  it("lose no call that AWS refused, and take no longer than its rates", async () => {
    const outcome = await simulateOnboarding(500, { processes: 1, workers: 32 });
    expect(outcome).toMatchObject({ active: 500, lost: 0, appClients: 500, apiKeys: 500 });
    expect(outcome.refused).toBeGreaterThan(0);
    expect(outcome.seconds / outcome.allowed).toBeLessThanOrEqual(1.05);
    expect(outcome.longestCall).toBeLessThan(10);
  });
});
