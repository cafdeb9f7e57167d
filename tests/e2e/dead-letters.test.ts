import { describe, expect, it } from "@jest/globals";
import { DEAD_LETTER_QUEUES } from "../../scripts/dead-letters/queues.ts";
import { Command } from "../support/command.ts";
import { demoPlace } from "../support/demo-stack.ts";
import { compiledStack } from "../support/template.ts";

const stack = compiledStack();
const namesOf = (type: string, property: string) =>
  stack.resources(type).map(({ properties }) => String(properties[property]));

describe("the queues of dead letters", () => {
  const queues = namesOf("AWS::SQS::Queue", "QueueName");

  it("are all of the template's but the one that is worked off", () => {
    const named = DEAD_LETTER_QUEUES.map(({ name }) => `gatehouse-dev-${name}`);
    expect([...named, "gatehouse-dev-webhook-deliveries"].sort()).toEqual(queues.sort());
  });

  it("are redriven to functions and queues that there are", () => {
    const functions = namesOf("AWS::Lambda::Function", "FunctionName");
    for (const { redrive } of DEAD_LETTER_QUEUES)
      if (redrive)
        expect(redrive.to === "queue" ? queues : functions).toContain(`gatehouse-dev-${redrive.name}`);
  });

  it("are redriven to whose failures they hold: the function that has them as its destination, or their source", () => {
    for (const { name, redrive } of DEAD_LETTER_QUEUES) {
      const arn = `arn:aws:sqs:us-east-1:000000000000:gatehouse-dev-${name}`;
      if (redrive?.to === "function")
        expect(namesOf("AWS::Lambda::EventInvokeConfig", "FunctionName")).toContain(
          `gatehouse-dev-${redrive.name}`,
        );
      const configs = stack.resources("AWS::Lambda::EventInvokeConfig");
      const fed = configs.filter(({ properties }) =>
        JSON.stringify(properties.DestinationConfig).includes(arn),
      );
      expect(fed.map(({ properties }) => properties.FunctionName)).toEqual(
        redrive?.to === "function" ? [`gatehouse-dev-${redrive.name}`] : [],
      );
    }
  });
});

describe("npm run dead-letters", () => {
  const deadLetters = (...args: string[]) => Command.run(demoPlace(), "dead-letters.ts", ...args);

  it("lists every queue of the stage, for people and for machines", async () => {
    const machines = await deadLetters("--json", "list");
    expect(machines).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(machines.stdout)).toEqual(
      DEAD_LETTER_QUEUES.map(({ name, holds, redrive }) => ({
        name,
        holds,
        waiting: expect.any(Number),
        inFlight: expect.any(Number),
        redrivesTo: redrive?.name ?? null,
      })),
    );
    const people = await deadLetters("list");
    for (const { name } of DEAD_LETTER_QUEUES)
      expect(people.stdout).toMatch(new RegExp(`^${name} +\\d`, "m"));
  });

  it("finds nothing to give where nothing was left undone", async () => {
    expect(await deadLetters("--json", "redrive", "webhook-dead-letters")).toMatchObject({
      code: 0,
      stdout: '{"queue":"webhook-dead-letters","to":"webhook-deliveries","given":0,"left":[]}\n',
    });
    expect(await deadLetters("show", "outbox-dead-letters")).toMatchObject({ code: 0 });
  });
});
